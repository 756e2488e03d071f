// Makes keys and encrypts with them until it is killed, and tells of each only when the key manager
// has answered. Written at once and whole, so that what was told is known to have happened.
//
// argv: the key folder, a word that no other process has put into its key ids, encryptions that
// are reserved at once, encryptions a version; the master key comes in the environment.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';

/** @typedef {typeof import('../../../src/key-managers/sealed/folder/create.js')} FolderModule */
/** @typedef {typeof import('../../../src/shared/clock.js')} ClockModule */
/** @typedef {typeof import('../../../src/shared/deadline.js')} DeadlineModule */
/** @typedef {typeof import('../../../src/shared/secret.js')} SecretModule */

// What runs is the build, which need not be there for the types to be checked.
const built = new URL('../../../dist/', import.meta.url).href;
/** @type {FolderModule} */
const { createFileKeyManagerNode } = await import(`${built}key-managers/sealed/folder/create.js`);
/** @type {ClockModule} */
const { systemClock } = await import(`${built}shared/clock.js`);
/** @type {DeadlineModule} */
const { Deadline } = await import(`${built}shared/deadline.js`);
/** @type {SecretModule} */
const { Secret } = await import(`${built}shared/secret.js`);

const STDOUT = 1;
const [directory = '', word = '', blockSize, perVersion] = process.argv.slice(2);

const silent = () => undefined;
const { node, administration } = await createFileKeyManagerNode(
  {
    name: 'files',
    type: 'file',
    directory,
    location: 'here',
    masterKey: { key: new Secret(process.env['MASTER_KEY'] ?? '') },
  },
  { clock: systemClock, randomBytes, log: { info: silent, warn: silent, error: silent } },
  { init: true, limits: { blockSize: Number(blockSize), perVersion: Number(perVersion) } },
);
const listed = await administration.listKeys();
const externalKeyIds = listed.map(({ description }) => description.externalKeyId);
tell({ event: 'ready' });

for (let made = 0; ; made += 1) {
  const work = [createKey(`${word}-${made}`)];
  for (let count = 0; count < 8; count += 1) work.push(encrypt(anyKey()));
  await Promise.all(work);
}

/** @param {string} externalKeyId */
async function createKey(externalKeyId) {
  await administration.createKey(externalKeyId, new Set(['ENCRYPT', 'DECRYPT']));
  tell({ event: 'created', externalKeyId });
  externalKeyIds.push(externalKeyId);
}

/** @param {string | undefined} externalKeyId */
async function encrypt(externalKeyId) {
  if (externalKeyId === undefined) return;
  const deadline = Deadline.after(systemClock, 60_000);
  const { current } = await node.describeKey(externalKeyId, deadline);
  if (current === undefined) throw new Error(`${externalKeyId} cannot be used`);
  const plaintext = Buffer.from(externalKeyId);
  const ref = { externalKeyId, version: current };
  const encrypt = async () => node.encrypt(ref, plaintext, Buffer.alloc(0), deadline);
  const sealed = await encrypt().catch(whenFull);
  if (sealed === undefined) return;
  tell({
    event: 'encrypted',
    externalKeyId,
    version: current.version,
    materialName: current.materialName.toString('hex'),
    iv: sealed.iv.toString('hex'),
    ciphertext: sealed.ciphertext.toString('hex'),
    tag: sealed.tag.toString('hex'),
  });
}

/**
 * Blocks are so small here that a version can be used up before the next one is on disk.
 *
 * @param {unknown} error
 */
function whenFull(error) {
  if (error instanceof Error && 'code' in error && error.code === 'conflict') return undefined;
  throw error;
}

function anyKey() {
  return externalKeyIds[Math.floor(Math.random() * externalKeyIds.length)];
}

/** @param {object} event */
function tell(event) {
  writeSync(STDOUT, `${JSON.stringify(event)}\n`);
}
