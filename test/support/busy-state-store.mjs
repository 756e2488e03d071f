// Changes a state store in files until it is killed: several writers at once, and tells of each
// change and each block only when the store has answered. Written at once and whole, so that what
// was told is known to have happened.
//
// argv: the folder of the store, a word that no other process has put into its contents.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';

/** @typedef {typeof import('../../src/state/files/open-files-store.js')} OpenModule */
/** @typedef {typeof import('../../src/shared/clock.js')} ClockModule */

// What runs is the build, which need not be there for the types to be checked.
const built = new URL('../../dist/', import.meta.url).href;
/** @type {OpenModule} */
const { openFilesStateStore } = await import(`${built}state/files/open-files-store.js`);
/** @type {ClockModule} */
const { systemClock } = await import(`${built}shared/clock.js`);

const STDOUT = 1;
const WRITERS = 6;
const DOCUMENTS = 12;
const COUNTERS = ['encryptions/files/a', 'encryptions/files/b', 'Encryptions/files/a'];
/** Blocks of many sizes, some of documents' files too: what is long takes longer to write. */
const LENGTHS = [10, 1_000, 100_000];

const [directory = '', word = ''] = process.argv.slice(2);
const store = await openFilesStateStore({
  directory,
  clock: systemClock,
  randomBytes,
  log: { warn: (_, message) => process.stderr.write(`${message}\n`) },
  init: true,
  acceptsLoss: false,
});
for (const counter of COUNTERS) {
  await store.beginCounter(counter, 0).catch(unless('conflict'));
}
tell({ event: 'ready' });
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));

/** @param {number} writer */
async function write(writer) {
  for (let step = 0; ; step += 1) {
    if (any(3) === 0) await draw();
    else await change(`${word}-${writer}-${step}`);
  }
}

/** @param {string} by */
async function change(by) {
  const name = { collection: any(2) === 0 ? 'things' : 'others', id: `Doc/${any(DOCUMENTS)}` };
  const replaces = (await store.get(name))?.revision ?? 0;
  const filler = 'x'.repeat(LENGTHS[any(LENGTHS.length)] ?? 0);
  const contents = any(8) === 0 ? undefined : JSON.stringify({ ...name, replaces, by, filler });
  const stored = await store
    .put({ ...name, format: 1, contents, replaces })
    .catch(unless('conflict'));
  if (stored === undefined) return;
  const { collection, id, revision } = stored;
  tell({ event: 'put', collection, id, revision, by: contents === undefined ? null : by });
}

async function draw() {
  const counter = COUNTERS[any(COUNTERS.length)] ?? '';
  const block = await store.drawBlock({ counter, size: 1 + any(100), limit: 2 ** 50 });
  tell({ event: 'drawn', counter, ...block });
}

/** @param {number} below */
function any(below) {
  return Math.floor(Math.random() * below);
}

/**
 * @param {string} code of an error that is none here
 * @returns {(error: unknown) => undefined}
 */
function unless(code) {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  };
}

/** @param {object} event */
function tell(event) {
  writeSync(STDOUT, `${JSON.stringify(event)}\n`);
}
