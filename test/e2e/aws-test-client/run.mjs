// Runs AWS's public test client against the built server over TLS: as the quickstart serves, with
// an empty path prefix, and with mutual TLS. Its 35 checks must pass, and its 49 with `-a`; of its
// two negative checks of mutual TLS see `explainRefusals`.
//
// Usage: node test/e2e/aws-test-client/run.mjs FOLDER   (or XKS_TEST_CLIENT=FOLDER)
import { execFile } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { tsImport } from 'tsx/esm/api';

const howToGet = `AWS's test client is not part of this repository. Get it and name its folder:

  git clone https://github.com/aws-samples/aws-kms-xksproxy-test-client
  node test/e2e/aws-test-client/run.mjs aws-kms-xksproxy-test-client

It needs bash, curl 7.75 or later, jq, uuidgen and xxd.
`;

/** @typedef {import('../../support/holdfast-server.js')} ServerModule */
/** @typedef {import('../../support/holdfast-server.js').HoldfastServer} HoldfastServer */
/** @typedef {import('../../support/certificates.js')} CertificatesModule */
/** @typedef {{ passed: number, failures: { label: string, output: string }[] }} Outcome */

const { startHoldfast, quickstartConfiguration } = /** @type {ServerModule} */ (
  await tsImport('../../support/holdfast-server.ts', import.meta.url)
);
const { issueCertificate, makeCertificateAuthority } = /** @type {CertificatesModule} */ (
  await tsImport('../../support/certificates.ts', import.meta.url)
);

const KMS_NAME = 'cks.kms.eu-west-1.amazonaws.com';
const rootCredential = { accessKeyId: 'ROOTROOTROOTROOTROOT', secretAccessKey: 'r'.repeat(64) };
const negativeCheck = /via mTLS with a (selfsigned|expired) client certificate/;
const curlsEnd = /^\* (Empty reply|Send failure|OpenSSL|Recv failure|Connection .* closed)/;
const restrictedKeys = {
  encrypt_only_key: 'ENCRYPT',
  decrypt_only_key: 'DECRYPT',
  impotent_key: 'NONE',
};

const client = resolve(process.argv[2] ?? process.env['XKS_TEST_CLIENT'] ?? '');
if (await isClient(client)) {
  process.exitCode = (await runAll()) ? 0 : 1;
} else {
  process.stderr.write(howToGet);
  process.exitCode = 2;
}

/** @param {string} folder */
async function isClient(folder) {
  return access(join(folder, 'test-xks-proxy')).then(
    () => true,
    () => false,
  );
}

/** @returns {Promise<boolean>} whether everything is as it should be */
async function runAll() {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-aws-client-'));
  await writeClientCertificate(stateDirectory);
  const server = await startHoldfast({ stateDirectory, configuration: configuration() });
  try {
    await createRestrictedKeys(server);
    const plain = await runPlain(server);
    const mutual = await runMutual(server);
    const exitCode = await server.stop();
    const isExplained = explainRefusals(server.log(), mutual);
    say('', `The server's exit code after SIGTERM: ${String(exitCode)}`);
    return plain.every(({ failures }) => failures.length === 0) && isExplained && exitCode === 0;
  } finally {
    await server.stop();
    await rm(stateDirectory, { recursive: true });
  }
}

/** @param {HoldfastServer} server */
async function runPlain(server) {
  const environment = clientEnvironment(server);
  const atRoot = {
    ...environment,
    URI_PREFIX: '',
    SIGV4_ACCESS_KEY_ID: rootCredential.accessKeyId,
    SIGV4_SECRET_ACCESS_KEY: rootCredential.secretAccessKey,
  };
  const outcomes = [
    await runClient('TLS', [], environment),
    await runClient('TLS, -a', ['-a'], environment),
    await runClient('TLS with an empty path prefix, -a', ['-a'], atRoot),
  ];
  for (const { label, output } of outcomes.flatMap(({ failures }) => failures)) {
    say(`FAILED ${label}`, output);
  }
  return outcomes;
}

/** @param {HoldfastServer} server */
async function runMutual(server) {
  const file = (/** @type {string} */ name) => join(server.stateDirectory, name);
  return runClient('Mutual TLS, -a', ['-a'], {
    ...clientEnvironment(server),
    XKS_PROXY_HOST: `localhost:${String(server.ports.get('mtls'))}`,
    MTLS: `--key ${file('client.key')} --cert ${file('client.pem')}`,
  });
}

/**
 * The client's two negative checks look for a TLS alert in curl's output, which Node does not
 * send: it closes the connection. What matters is that no request came as far as HTTP, and the
 * log, which has a line for each that did, tells.
 *
 * @param {string} log of the server, to its end
 * @param {Outcome} mutual
 * @returns {boolean} whether nothing failed but those two, and neither request was served
 */
function explainRefusals(log, { passed, failures }) {
  for (const { label, output } of failures) {
    say(`  ${label}`, ...output.split('\n').filter((line) => curlsEnd.test(line)));
  }
  const lines = log.split('\n');
  const served = lines.filter((line) => line.includes('"clientCertificateName":')).length;
  const refused = lines.filter((line) => line.includes('because of its certificate'));
  say(
    `  Requests that came as far as HTTP: ${String(served)}, of the ${String(passed)} that passed`,
  );
  say(...refused.map((line) => `  Log: ${line}`));
  const isExpected = failures.every(({ label }) => negativeCheck.test(label));
  return isExpected && failures.length === refused.length && served === passed;
}

/**
 * @param {string} title
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Outcome>}
 */
function runClient(title, args, env) {
  const options = { cwd: client, env, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((done) => {
    // It exits with 0 whatever came of it; its output is what counts.
    execFile(join(client, 'test-xks-proxy'), args, options, (_error, stdout, stderr) => {
      // Between two verdicts is the output of the second one's check.
      const blocks = stdout.split(/^(?==> Test )/m);
      const failures = blocks.flatMap((block, index) => {
        const label = /^=> Test (.*) FAILED/.exec(block)?.[1];
        return label === undefined ? [] : [{ label, output: blocks[index - 1] ?? '' }];
      });
      const passed = stdout.match(/^=> Test .* PASSED with expected response/gm)?.length ?? 0;
      const summary = /(All \d+ tests PASSED|A total of .*)\.\s*$/.exec(stdout)?.[0].trim();
      if (summary === undefined) failures.push({ label: 'the client itself', output: stderr });
      say(`${title}: ${summary ?? 'no summary'}`);
      done({ passed, failures });
    });
  });
}

/** @param {HoldfastServer} server */
function clientEnvironment({ port, stateDirectory, credential }) {
  return {
    PATH: process.env['PATH'],
    CURL_CA_BUNDLE: join(stateDirectory, 'quickstart', 'ca.pem'),
    XKS_PROXY_HOST: `localhost:${String(port)}`,
    URI_PREFIX: 'quickstart',
    KEY_ID: 'quickstart-key',
    SIGV4_ACCESS_KEY_ID: credential.accessKeyId,
    SIGV4_SECRET_ACCESS_KEY: credential.secretAccessKey,
    ANSI_ESCAPE: '0',
  };
}

function configuration() {
  const quickstart = quickstartConfiguration();
  const [listener] = quickstart.listeners;
  const clientCertificates = { roots: ['client-ca.pem'], allowedNames: [KMS_NAME] };
  const tls = { .../** @type {object} */ (listener?.['tls']), clientCertificates };
  const root = {
    name: 'root',
    pathPrefix: '',
    keyManager: 'files',
    exposes: 'all',
    credentials: [rootCredential],
  };
  return {
    ...quickstart,
    listeners: [listener, { ...listener, name: 'mtls', tls }],
    keyStores: [...quickstart.keyStores, root].map((store) => ({ ...store, shared: true })),
  };
}

/** @param {string} folder */
async function writeClientCertificate(folder) {
  const authority = await makeCertificateAuthority();
  const { certificate, privateKey } = await issueCertificate(authority, {
    commonName: KMS_NAME,
    clientAuth: true,
  });
  await writeFile(join(folder, 'client-ca.pem'), authority.certificate);
  await writeFile(join(folder, 'client.pem'), certificate);
  await writeFile(join(folder, 'client.key'), privateKey, { mode: 0o600 });
}

/** @param {HoldfastServer} server */
async function createRestrictedKeys(server) {
  for (const [id, usage] of Object.entries(restrictedKeys)) {
    const args = ['keys', 'create', id, '--key-store', 'quickstart', '--usage', usage];
    const { code, stderr } = await server.holdfast(...args);
    if (code !== 0) throw new Error(`key ${id} could not be made:\n${stderr}`);
  }
}

/** @param {readonly string[]} lines */
function say(...lines) {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
