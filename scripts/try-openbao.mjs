// `npm run try:openbao`: Holdfast on an OpenBao server of its own, on loopback, with TLS and
// storage on disk. Unseal key and root token lie beside it, which is for a trial alone.
import './lib/ignored-signals.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { freePort } from './lib/free-port.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { installOpenbao } from './lib/install-openbao.mjs';
import { orSayWhy, serveTrial, shellWord, trialFolder } from './lib/trial.mjs';
import { TRANSIT_POLICY } from './lib/transit-policy.mjs';

const START_TIMEOUT_MS = 30_000;
const keeper = fileURLToPath(new URL('lib/keeper.mjs', import.meta.url));

await ensureInstalled();
await ensureBuilt();

const folder = trialFolder('openbao');
const tls = join(folder, 'tls');
const logFile = join(folder, 'openbao.log');
const secretsFile = join(folder, 'unseal-key-and-root-token.json');
const caFile = join(tls, 'ca.pem');
const program = await orSayWhy(installOpenbao);
mkdirSync(tls, { recursive: true, mode: 0o700 });
await makeCertificates();

const address = `https://127.0.0.1:${await freePort()}`;
const server = startServer();
process.on('exit', () => server.kill());
// As Ctrl-C in a terminal, which signals both. No exit comes when a second one ends this process.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill());
const { Agent, request } = await import('undici');
const agent = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } });
await orSayWhy(prepareServer);
await agent.close();

await serveTrial(
  folder,
  `  - name: trial
    type: vault
    nodes: [{ name: openbao, address: "${address}" }]
    tls:
      roots:
        - ${JSON.stringify(caFile)}
    login:
      method: token
      tokenFile: ${JSON.stringify(join(folder, 'token'))}
    # Transit does not know what a key is for; these are the names of AWS's public test client.
    keys:
      - { externalKeyId: encrypt_only_key, usage: [ENCRYPT] }
      - { externalKeyId: decrypt_only_key, usage: [DECRYPT] }
      - { externalKeyId: impotent_key, usage: [] }`,
  `OpenBao serves ${address}; its log is ${logFile}.
A new version of a key, with which Holdfast encrypts 30 s later:

  export BAO_ADDR=${address} BAO_CACERT=${shellWord(caFile)}
  export BAO_TOKEN=$(jq -r .root_token ${shellWord(secretsFile)})
  ${shellWord(program)} write -f transit/keys/quickstart-key/rotate

`,
);
server.kill();
// Its storage is free for the next trial when it has ended.
if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');

async function makeCertificates() {
  const entry = new URL('../dist/quickstart/certificates.js', import.meta.url);
  const certificates =
    /** @type {{ prepareCertificates: (folder: string, clock: object) => Promise<void> }} */ (
      await import(entry.href)
    );
  await certificates.prepareCertificates(tls, { now: Date.now, monotonic: () => 0 });
}

function startServer() {
  const configuration = join(folder, 'openbao.hcl');
  mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 });
  writeFileSync(
    configuration,
    `ui = false
api_addr = "${address}"
# Of no use to a server that is alone, and kept in its storage.
cluster_addr = "https://127.0.0.1:8201"
storage "raft" {
  path = "${join(folder, 'data')}"
  node_id = "trial"
  performance_multiplier = 1
}
listener "tcp" {
  address = "${new URL(address).host}"
  cluster_address = "127.0.0.1:0"
  tls_cert_file = "${join(tls, 'server.pem')}"
  tls_key_file = "${join(tls, 'server.key')}"
}
`,
  );
  const log = openSync(logFile, 'w', 0o600);
  // Kept: its storage would be locked for the next trial if it outlived this process.
  const child = spawn(process.execPath, [keeper, program, 'server', '-config', configuration], {
    stdio: ['ignore', log, log, 'ipc'],
  });
  child.channel?.unref();
  closeSync(log);
  return child;
}

/** Initialises the server the first time, and unseals it every time. */
async function prepareServer() {
  await until(async () => (await status()) > 0);
  const isNew = !existsSync(secretsFile);
  if (isNew) {
    const shares = { secret_shares: 1, secret_threshold: 1 };
    const made = JSON.stringify(await call('PUT', 'sys/init', shares));
    writeFileSync(secretsFile, made, { mode: 0o600 });
  }
  /** @type {{ keys_base64: [string], root_token: string }} */
  const secrets = JSON.parse(readFileSync(secretsFile, 'utf8'));
  const [key] = secrets.keys_base64;
  const token = secrets.root_token;
  await call('PUT', 'sys/unseal', { key });
  await until(async () => (await status()) === 200);
  if (!isNew) return;
  await call('POST', 'sys/mounts/transit', { type: 'transit' }, token);
  await call('POST', 'transit/config/keys', { disable_upsert: true }, token);
  await call('POST', 'transit/keys/holdfast-health-test', { type: 'aes256-gcm96' }, token);
  await call('PUT', 'sys/policies/acl/holdfast', { policy: TRANSIT_POLICY }, token);
  const period = { policies: ['holdfast'], period: '768h' };
  const login = /** @type {{ auth: { client_token: string } }} */ (
    await call('POST', 'auth/token/create-orphan', period, token)
  );
  writeFileSync(join(folder, 'token'), login.auth.client_token, { mode: 0o600 });
}

/**
 * @param {'GET' | 'POST' | 'PUT'} method
 * @param {string} path
 * @param {object} [body]
 * @param {string} [token]
 * @returns {Promise<unknown>} the body of the answer
 */
async function call(method, path, body, token) {
  const answer = await request(`${address}/v1/${path}`, {
    method,
    dispatcher: agent,
    headers: token === undefined ? {} : { 'x-vault-token': token },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 400) throw new Error(`OpenBao: ${path}: ${answer.statusCode} ${text}`);
  /** @type {unknown} */
  const parsed = text === '' ? {} : JSON.parse(text);
  return parsed;
}

/** @returns {Promise<number>} the status of the server's health; 0 when nobody answers */
async function status() {
  try {
    const answer = await request(`${address}/v1/sys/health`, { dispatcher: agent });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return 0; // Not listening yet.
  }
}

/**
 * @param {() => Promise<boolean>} isThere
 * @throws {Error} when OpenBao has ended, or takes too long
 */
async function until(isThere) {
  const endsAt = Date.now() + START_TIMEOUT_MS;
  while (!(await isThere())) {
    if (server.exitCode !== null || server.signalCode !== null || Date.now() > endsAt) {
      throw new Error(
        `${readFileSync(logFile, 'utf8')}\nOpenBao does not get ready. Its log is above.`,
      );
    }
    await pause(100);
  }
}
