/**
 * The configuration of HAProxy before replicas of Holdfast: TCP is passed through, and `/readyz`
 * says who may get new connections. `docs/replicas.md` explains it.
 *
 * @param {object} places
 * @param {number} places.port on loopback, where HAProxy listens
 * @param {readonly { name: string, port: number, operationsPort: number }[]} places.replicas
 * @returns {string}
 */
export function haproxyConfiguration({ port, replicas }) {
  const servers = replicas.map(
    (replica) =>
      `  server ${replica.name} 127.0.0.1:${replica.port} check port ${replica.operationsPort}\n`,
  );
  return `defaults
  mode tcp
  timeout connect 2s
  timeout client 350s
  timeout server 350s
  option redispatch 1
  retries 3

frontend kms
  bind 127.0.0.1:${port}
  default_backend holdfast

backend holdfast
  balance leastconn
  option httpchk
  http-check send meth GET uri /readyz
  http-check expect status 200
  default-server inter 500ms fall 2 rise 1
${servers.join('')}`;
}
