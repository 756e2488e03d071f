// `npm run try:kms`: the quickstart, a local AWS KMS, and the one registered with the other, so
// that AWS's own tools can be tried on a laptop. Everything lies in `var/try-kms` and is kept.
import './lib/ignored-signals.mjs';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { ensureBuilt } from './lib/build.mjs';
import { freePort } from './lib/free-port.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { Parts, program } from './lib/parts.mjs';
import { root } from './lib/paths.mjs';
import { orSayWhy, shellWord } from './lib/trial.mjs';

const KEY_STORE = 'holdfast';
const ALIAS = 'alias/holdfast';
const EXTERNAL_KEY = 'quickstart-key';

const folder = resolve(process.env['HOLDFAST_TRY_DIR'] ?? join(root, 'var'), 'try-kms');
const stateDirectory = join(folder, 'holdfast');
const kmsState = join(folder, 'kms');
const environmentFile = join(folder, 'environment');
const quickstart = join(stateDirectory, 'quickstart');
const configuration = join(root, 'config', 'quickstart.yaml');
const parts = new Parts(folder, () => {
  rmSync(environmentFile, { force: true });
});

await ensureInstalled();
await ensureBuilt();
mkdirSync(folder, { recursive: true, mode: 0o700 });
// It says that everything serves, so it must not be that of the last time.
rmSync(environmentFile, { force: true });
await orSayWhy(async () => {
  const proxyPort = await startProxy();
  const { endpoint, environment } = await startKms(proxyPort);
  const customKeyStoreId = await register(endpoint, environment);
  writeFileSync(join(folder, 'hello.txt'), 'Hello from AWS KMS, with a key that is not there.\n');
  // A shell reads it, or `env -S`: a folder with a space in its name is one word of it.
  const state = shellWord(stateDirectory);
  const more = `HOLDFAST_CUSTOM_KEY_STORE_ID=${customKeyStoreId}\nHOLDFAST_STATE_DIR=${state}\n`;
  writeFileSync(environmentFile, environment + more, { mode: 0o600 });
  process.stdout.write(screen(endpoint, customKeyStoreId));
});

/** Starts Holdfast. @returns {Promise<number>} the port of its XKS listener */
async function startProxy() {
  const port = await freePort();
  parts.startHoldfast('holdfast', ['serve', '--config', configuration], {
    env: {
      HOLDFAST_STATE_DIR: stateDirectory,
      HOLDFAST_PORT: String(port),
      HOLDFAST_OPERATIONS_PORT: '0',
    },
  });
  const { Agent, request } = await import('undici');
  await parts.until('holdfast', async () => {
    const agent = new Agent({ connect: { ca: readFileSync(join(quickstart, 'ca.pem')) } });
    try {
      const { statusCode, body } = await request(`https://localhost:${port}/ping`, {
        dispatcher: agent,
      });
      await body.dump();
      return statusCode === 200 ? true : undefined;
    } finally {
      await agent.close();
    }
  });
  return port;
}

/**
 * Starts the simulator.
 *
 * @param {number} proxyPort
 * @returns {Promise<{ endpoint: string, environment: string }>} lines `NAME=value` for AWS's tools
 */
async function startKms(proxyPort) {
  const port = await freePort();
  parts.startHoldfast('kms-simulator', [
    'kms-simulator',
    ...['--state', kmsState, '--port', String(port)],
    ...['--resolve', `localhost=127.0.0.1:${proxyPort}`],
    ...['--ca', join(quickstart, 'ca.pem')],
  ]);
  const endpoint = `http://127.0.0.1:${port}`;
  return parts.until('kms-simulator', async () => {
    await fetch(`${endpoint}/faults`);
    const environment = readFileSync(join(kmsState, 'environment'), 'utf8');
    // Until it serves, the file is that of the last time.
    return environment.includes(`${endpoint}\n`) ? { endpoint, environment } : undefined;
  });
}

/**
 * Registers the proxy with the simulator, as far as that was not done before.
 *
 * @param {string} endpoint
 * @param {string} environment lines `NAME=value`
 * @returns {Promise<string>} the id of the custom key store
 */
async function register(endpoint, environment) {
  const call = async (/** @type {string[]} */ ...args) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, 'aws', ...args, '--endpoint-url', endpoint, '--config', configuration],
      // A profile of whoever tries this is about his own account.
      {
        env: { ...ownEnvironment(), ...parseEnv(environment), HOLDFAST_STATE_DIR: stateDirectory },
      },
    );
    return stdout;
  };
  const key = ['--key', EXTERNAL_KEY, '--alias', ALIAS];
  await call(
    'register',
    'quickstart',
    '--name',
    KEY_STORE,
    '--endpoint',
    'https://localhost',
    ...key,
  );
  /** @type {{ keyStores: { id: string }[] }} */
  const { keyStores } = JSON.parse(await call('status', KEY_STORE, '--json'));
  const [keyStore] = keyStores;
  if (keyStore === undefined) throw new Error(`The simulator has no key store ${KEY_STORE}.`);
  return keyStore.id;
}

/** The environment of this process without what is about AWS. */
function ownEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')),
  );
}

/**
 * @param {string} endpoint
 * @param {string} customKeyStoreId
 * @returns {string} what to try, every line of which can be pasted
 */
function screen(endpoint, customKeyStoreId) {
  const inEnvironment = `env -S "$(cat ${shellWord(environmentFile)})"`;
  const aws = (/** @type {string} */ rest) =>
    `  ${inEnvironment} aws kms --endpoint-url ${endpoint} ${rest}`;
  const file = (/** @type {string} */ name) => shellWord(join(folder, name));
  const bytes = (/** @type {string} */ name) => `fileb://${file(name)}`;
  return `
AWS KMS (simulated), Holdfast, and the one registered with the other. Ctrl-C stops all of it.

  Environment     ${environmentFile}
  Key store       ${customKeyStoreId}, CONNECTED
  Key             ${ALIAS}: its key material is the external key ${EXTERNAL_KEY} in Holdfast

Try it, in another terminal, with AWS's own command line (v1 or v2):

${aws(`describe-key --key-id ${ALIAS}`)}
${aws(`encrypt --key-id ${ALIAS} --plaintext ${bytes('hello.txt')} --query CiphertextBlob --output text | base64 -d > ${file('hello.encrypted')}`)}
${aws(`decrypt --ciphertext-blob ${bytes('hello.encrypted')} --query Plaintext --output text | base64 -d`)}
${aws(`generate-data-key --key-id ${ALIAS} --key-spec AES_256`)}
${aws('describe-custom-key-stores')}

See what the proxy saw of it:

  ${inEnvironment} ${shellWord(process.execPath)} ${shellWord(program)} audit query --log ${shellWord(join(stateDirectory, 'audit'))}

docs/try-it.md goes on from here.
`;
}
