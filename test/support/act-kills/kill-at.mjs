// Loaded before Holdfast: ends the process, as kill -9 does, just before a file takes its place or
// is removed, before a statement that writes to the database, before the commit of such, and before
// its answer. How many of these changes are made before is in the file that KILL_FILE names, and
// they count from when it is there.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import pg from 'pg';

const killFile = process.env['KILL_FILE'] ?? '';
/** @type {number | undefined} */
let left;

const { rename, rm } = fs.promises;
fs.promises.rename = (from, to) => {
  step();
  return rename(from, to);
};
fs.promises.rm = (path, options) => {
  step();
  return rm(path, options);
};
syncBuiltinESMExports();

/** Of leases and writers there are some all the time, whether anything is done or not. */
const WRITES = /^(?:INSERT INTO|UPDATE|DELETE FROM) \S*(?:store|revisions|documents|counters)\b/;
/** @type {WeakSet<object>} */
const writing = new WeakSet();
/** @type {unknown} */
const query = Reflect.get(pg.Client.prototype, 'query');

/** @type {(this: object, ...args: unknown[]) => unknown} */
function killedQuery(...args) {
  if (typeof query !== 'function') throw new Error('pg has no queries');
  const text = textOf(args[0]);
  const commits = text === 'COMMIT' && writing.delete(this);
  if (WRITES.test(text)) writing.add(this);
  if (commits || WRITES.test(text)) step();
  /** @type {unknown} */
  const answer = Reflect.apply(query, this, args);
  return commits && answer instanceof Promise ? stepAfter(answer) : answer;
}
Object.assign(pg.Client.prototype, { query: killedQuery });

/** @param {Promise<unknown>} commit */
async function stepAfter(commit) {
  const result = await commit;
  step();
  return result;
}

/** @param {unknown} statement */
function textOf(statement) {
  if (typeof statement === 'string') return statement;
  const isQuery = typeof statement === 'object' && statement !== null && 'text' in statement;
  return isQuery ? String(statement.text) : '';
}

function step() {
  left ??= changesBefore();
  if (left === undefined) return;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  left -= 1;
}

function changesBefore() {
  return fs.existsSync(killFile) ? Number(fs.readFileSync(killFile, 'utf8')) : undefined;
}
