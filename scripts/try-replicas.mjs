// `npm run try:replicas`: two Holdfasts from one configuration behind HAProxy, with their keys in a
// PostgreSQL, on loopback. Everything is kept for the next time.
import './lib/ignored-signals.mjs';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt } from './lib/build.mjs';
import { freePort } from './lib/free-port.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { haproxyConfiguration } from './lib/haproxy-configuration.mjs';
import { installHaproxy } from './lib/install-haproxy.mjs';
import { Parts, program } from './lib/parts.mjs';
import { keep, orSayWhy, shellWord, trialFolder } from './lib/trial.mjs';
import { prepareTrialPostgres } from './lib/trial-postgres.mjs';

const OWNER = 'holdfast_owner';
const SERVER = 'holdfast_serve';

/** What KMS says with every request. */
const REQUEST = {
  requestMetadata: {
    awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
    kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    kmsOperation: 'Encrypt',
    kmsRequestId: 'by-hand',
  },
  encryptionAlgorithm: 'AES_GCM',
};

const folder = trialFolder('replicas');
const tls = join(folder, 'tls');
const secrets = join(folder, 'secrets');
const configuration = join(folder, 'holdfast.yaml');
const readyFile = join(folder, 'ready');
const parts = new Parts(folder, () => {
  rmSync(readyFile, { force: true });
});

await ensureInstalled();
await ensureBuilt();
rmSync(readyFile, { force: true });
await orSayWhy(async () => {
  await makeFiles();
  const database = await startPostgres();
  const replicas = [await startReplica('xks-1'), await startReplica('xks-2')];
  const port = await startHaproxy(replicas);
  writeFileSync(readyFile, '');
  process.stdout.write(screen({ port, replicas, database }));
});

/**
 * @typedef {object} Replica
 * @property {string} name
 * @property {number} pid
 * @property {number} port
 * @property {number} operationsPort
 * @property {string} environment the file in which is all that it differs in from the other
 */

/** Makes certificates, secrets and bodies to send, unless they are there. */
async function makeFiles() {
  for (const made of [tls, secrets]) mkdirSync(made, { recursive: true, mode: 0o700 });
  const entry = new URL('../dist/quickstart/certificates.js', import.meta.url).href;
  const { prepareCertificates } =
    /** @type {{ prepareCertificates: (folder: string, clock: object) => Promise<void> }} */ (
      await import(entry)
    );
  await prepareCertificates(tls, { now: Date.now, monotonic: () => 0 });
  keep(join(secrets, 'master.key'), () => randomBytes(32).toString('base64'));
  for (const role of ['postgres', OWNER, SERVER]) {
    keep(join(secrets, `${role}-password`), () => randomBytes(24).toString('base64url'));
  }
  if (!existsSync(join(folder, 'user.curl'))) {
    const { stdout } = await holdfast(['credentials', 'generate', '--json']);
    /** @type {{ accessKeyId: string, secretAccessKey: string }} */
    const { accessKeyId, secretAccessKey } = JSON.parse(stdout);
    writeSecret(join(secrets, 'access-key-id'), accessKeyId);
    writeSecret(join(secrets, 'secret-access-key'), secretAccessKey);
    writeSecret(join(folder, 'user.curl'), `user = "${accessKeyId}:${secretAccessKey}"\n`);
  }
  const plaintext = Buffer.from('Hello from two replicas').toString('base64');
  keep(join(folder, 'encrypt.json'), () => JSON.stringify({ ...REQUEST, plaintext }));
}

/** Starts PostgreSQL, with the roles, the database and the tables that Holdfast needs. */
async function startPostgres() {
  const port = await freePort();
  const password = read('postgres-password');
  const server = await prepareTrialPostgres({ folder, tls, port, password });
  parts.startOther('postgresql', server.command);
  const { default: pg } = await import('pg');
  const ca = readFileSync(join(tls, 'ca.pem'), 'utf8');
  const client = await parts.until('postgresql', async () => {
    const login = { host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' };
    const attempt = new pg.Client({ ...login, ssl: { ca } });
    await attempt.connect();
    return attempt;
  });
  const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = 'holdfast'");
  if (rowCount === 0) {
    for (const role of [OWNER, SERVER]) {
      await client.query(`DROP ROLE IF EXISTS ${role}`);
      const secret = client.escapeLiteral(read(`${role}-password`));
      await client.query(`CREATE ROLE ${role} LOGIN PASSWORD ${secret}`);
    }
    await client.query(`CREATE DATABASE holdfast OWNER ${OWNER}`);
  }
  await client.end();
  writeSecret(configuration, holdfastYaml(port));
  const owner = ['--user', OWNER, '--password-file', join(secrets, `${OWNER}-password`)];
  await holdfast(['state', 'migrate', '--config', configuration, ...owner]);
  return { port, folder: server.folder };
}

/**
 * @param {string} name
 * @returns {Promise<Replica>}
 */
async function startReplica(name) {
  const [port, operationsPort] = [await freePort(), await freePort()];
  const environment = join(folder, `${name}.environment`);
  const env = {
    HOLDFAST_CONFIG: configuration,
    HOLDFAST_STATE_DIR: join(folder, name),
    HOLDFAST_PORT: String(port),
    HOLDFAST_OPERATIONS_PORT: String(operationsPort),
    REPLICA: name,
    AUDIT_ORIGIN: `replicas.example/${name}`,
  };
  const lines = Object.entries(env).map(([key, value]) => `${key}=${shellWord(value)}\n`);
  writeSecret(environment, lines.join(''));
  // Only a first start may begin what is not there: a lost store would enable everything again.
  const directory = env.HOLDFAST_STATE_DIR;
  const isFirst = !existsSync(directory) || existsSync(join(directory, 'first-start'));
  const init = isFirst ? ['--init'] : [];
  const pid = parts.startHoldfast(name, ['serve', ...init], { env, mayEnd: true });
  await parts.until(name, async () => {
    const answer = await fetch(`http://127.0.0.1:${operationsPort}/readyz`);
    return answer.ok ? true : undefined;
  });
  return { name, pid, port, operationsPort, environment };
}

/**
 * @param {readonly Replica[]} replicas
 * @returns {Promise<number>} its port
 */
async function startHaproxy(replicas) {
  const haproxy = await installHaproxy();
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, haproxyConfiguration({ port, replicas }));
  // -db: it stays in the foreground.
  parts.startOther('haproxy', [haproxy, '-db', '-f', file]);
  const { Agent, request } = await import('undici');
  await parts.until('haproxy', async () => {
    const agent = new Agent({ connect: { ca: readFileSync(join(tls, 'ca.pem')) } });
    try {
      const answer = await request(`https://localhost:${port}/ping`, { dispatcher: agent });
      await answer.body.dump();
      return answer.statusCode === 200 ? true : undefined;
    } finally {
      await agent.close();
    }
  });
  return port;
}

/**
 * @param {number} databasePort
 * @returns {string} the configuration of both replicas
 */
function holdfastYaml(databasePort) {
  const path = (/** @type {string[]} */ ...names) => JSON.stringify(join(folder, ...names));
  const secret = (/** @type {string} */ name) => JSON.stringify(`\${file:${join(secrets, name)}}`);
  return `# Written anew by every trial. What differs between replicas is in their environments.
stateDirectory: HOLDFAST_STATE_DIR-is-missing
listeners:
  - name: xks
    host: 127.0.0.1
    port: 8443
    tls:
      certificateChain: ${path('tls', 'server.pem')}
      privateKey: ${path('tls', 'server.key')}
      publicNames: [localhost]
operations: { host: 127.0.0.1, port: 9464 }
# Longer than HAProxy needs to notice: 2 × 500 ms.
drainDelayMs: 2000
proxyFleetSize: 2
audit:
  origin: \${env:AUDIT_ORIGIN}
  replica: \${env:REPLICA}
  signingKey:
    masterKey:
      key: ${secret('master.key')}
state:
  type: postgres
  addresses: ["127.0.0.1:${databasePort}"]
  user: ${SERVER}
  password: ${secret(`${SERVER}-password`)}
  tls:
    certificateAuthority: ${path('tls', 'ca.pem')}
keyManagers:
  - name: shared
    type: sealed
    masterKey:
      key: ${secret('master.key')}
keyStores:
  - name: trial
    pathPrefix: /trial
    keyManager: shared
    exposes: all
    credentials:
      - accessKeyId: ${secret('access-key-id')}
        secretAccessKey: ${secret('secret-access-key')}
`;
}

/** @param {readonly string[]} args */
function holdfast(args) {
  return promisify(execFile)(process.execPath, [program, ...args]);
}

/** @param {string} name */
function read(name) {
  return readFileSync(join(secrets, name), 'utf8');
}

/**
 * @param {string} path
 * @param {string} contents
 */
function writeSecret(path, contents) {
  writeFileSync(path, contents, { mode: 0o600 });
}

/**
 * @param {object} trial
 * @param {number} trial.port of HAProxy
 * @param {readonly Replica[]} trial.replicas
 * @param {{ port: number, folder: string }} trial.database
 * @returns {string} what to try, every line of which can be pasted
 */
function screen({ port, replicas, database }) {
  const [first, second] = replicas.map(
    ({ environment }) =>
      `env -S "$(cat ${shellWord(environment)})" ${shellWord(process.execPath)} ${shellWord(program)}`,
  );
  const file = (/** @type {string} */ name) => shellWord(join(folder, name));
  const call = (/** @type {string} */ operation) =>
    `  curl --silent --show-error --fail-with-body --config ${file('user.curl')} --cacert ${file('tls/ca.pem')} ` +
    "--aws-sigv4 aws:amz:eu-west-1:kms-xks-proxy -H 'Content-Type: application/json' " +
    `-d @${file(`${operation}.json`)} https://localhost:${port}/trial/kms/xks/v1/keys/payroll/${operation}`;
  const places = replicas.map(
    ({ name, port: own, environment }) =>
      `  ${name.padEnd(14)}https://localhost:${own}, environment in ${environment}`,
  );
  return `
Two Holdfasts from one configuration behind HAProxy, their keys in PostgreSQL. Ctrl-C stops all of it.

  HAProxy       https://localhost:${port}/trial
${places.join('\n')}
  PostgreSQL    127.0.0.1:${database.port}, in ${database.folder}
  Configuration ${configuration}

Everything is kept in ${folder}; remove that folder to begin anew.
Try it, in another terminal. Create a key at one, and use it through HAProxy:

  ${first} keys create payroll --key-store trial
${call('encrypt')}

Kill the other, call again, and see who is left once its lease has ended (10 s):

  kill -9 ${replicas[1]?.pid}
${call('encrypt')}
  ${first} status

Start it again:

  ${second} serve

docs/replicas.md goes on from here.
`;
}
