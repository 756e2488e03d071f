// The first container of docker-compose.yml: makes certificates and secrets, each into the volume
// of the one that needs it, and keeps what is there. Run:
// `prepare.mjs openbao` or `prepare.mjs softhsm`.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, randomInt, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
const SERVER_DAYS = 397;
/** A server's certificate with less to live is replaced at the next `docker compose up`. */
const RENEWAL_DAYS = 60;

/** The users of the images; OpenBao's is in docker-compose.yml, too. */
const HOLDFAST = { uid: 10001, gid: 10001 };
const OPENBAO = { uid: 100, gid: 1000 };

/** Where the volumes are mounted. */
const root = process.env['PREPARE_ROOT'] ?? '/prepare';
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const [variant] = process.argv.slice(2);
if (variant !== 'openbao' && variant !== 'softhsm') {
  throw new Error('what to prepare is missing: openbao or softhsm');
}

const admin = volume('admin', HOLDFAST);
const holdfast = volume('holdfast', HOLDFAST);
const authority = await prepareAuthority();
await prepareServer(holdfast, ['localhost', 'holdfast']);
prepareCredential();
holdfast.keep('audit.pem', () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
);
if (variant === 'openbao') {
  const openbao = volume('openbao', OPENBAO);
  await prepareServer(openbao, ['localhost', 'openbao']);
  openbao.keep('seal.key', () => randomBytes(32));
} else {
  holdfast.keep('hsm-pin', () => String(randomInt(10 ** 8, 10 ** 9)));
}

/**
 * @typedef {object} Volume
 * @property {(name: string) => string | undefined} read the text of a file that is there
 * @property {(name: string, contents: string | Buffer) => void} write for its owner alone
 * @property {(name: string, contents: () => string | Buffer) => void} keep writes if it is missing
 */

/**
 * A volume, made its owner's alone.
 *
 * @param {string} name
 * @param {{ uid: number, gid: number }} owner
 * @returns {Volume}
 */
function volume(name, owner) {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  // Once it has been given away, root has no right to change its mode.
  if ((statSync(folder).mode & 0o777) !== 0o700) chmodSync(folder, 0o700);
  give(folder);
  return { read, write, keep };

  /** @param {string} file */
  function read(file) {
    const path = join(folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  /**
   * @param {string} file
   * @param {string | Buffer} contents
   */
  function write(file, contents) {
    const unfinished = join(folder, `${file}.new`);
    writeFileSync(unfinished, contents, { mode: 0o600 });
    give(unfinished);
    renameSync(unfinished, join(folder, file));
  }

  /**
   * @param {string} file
   * @param {() => string | Buffer} contents
   */
  function keep(file, contents) {
    if (!existsSync(join(folder, file))) write(file, contents());
  }

  /** @param {string} path */
  function give(path) {
    // Whoever tries this out as another user than root prepares for himself.
    if (process.getuid?.() === 0) chownSync(path, owner.uid, owner.gid);
  }
}

async function prepareAuthority() {
  const certificate = admin.read('ca.pem');
  const key = admin.read('ca.key');
  if (certificate !== undefined && key !== undefined) return { cert: certificate, key };
  const made = await generate([{ name: 'commonName', value: 'Holdfast compose CA' }], {
    ...validity(AUTHORITY_DAYS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  admin.write('ca.key', made.private);
  admin.write('ca.pem', made.cert);
  return { cert: made.cert, key: made.private };
}

/**
 * @param {Volume} target gets `ca.pem`, `server.pem` and `server.key`
 * @param {readonly string[]} names
 */
async function prepareServer(target, names) {
  target.write('ca.pem', authority.cert);
  if (isGood(target.read('server.pem'))) return;
  const [commonName] = names;
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...validity(SERVER_DAYS),
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => /** @type {const} */ ({ type: 2, value })),
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  // The key goes first: a certificate without its key would be kept and be of no use.
  target.write('server.key', made.private);
  target.write('server.pem', made.cert);
}

/** @param {string | undefined} pem */
function isGood(pem) {
  if (pem === undefined) return false;
  const certificate = new X509Certificate(pem);
  const isOurs = certificate.verify(new X509Certificate(authority.cert).publicKey);
  return isOurs && Date.parse(certificate.validTo) > Date.now() + RENEWAL_DAYS * DAY_MS;
}

/** @param {number} days */
function validity(days) {
  // A day back, for clients whose clock is behind.
  const from = Date.now() - DAY_MS;
  return {
    keyType: /** @type {const} */ ('ec'),
    algorithm: 'sha256',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(from + days * DAY_MS),
  };
}

function prepareCredential() {
  if (holdfast.read('access-key-id') !== undefined) return;
  const args = [program, 'credentials', 'generate', '--json'];
  const made = /** @type {{ accessKeyId: string, secretAccessKey: string }} */ (
    JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  );
  holdfast.write('secret-access-key', `${made.secretAccessKey}\n`);
  holdfast.write('access-key-id', `${made.accessKeyId}\n`);
}
