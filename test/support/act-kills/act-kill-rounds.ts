import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CliError } from '../../../src/cli/exit.js';
import type { KilledAct } from './kill-acts.js';
import { DUE, makeDue, type PreparedKeys, RunningKeys, type Sample } from './prepared-keys.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const KILL_AT = fileURLToPath(new URL('kill-at.mjs', import.meta.url));
/** A start finishes in its first round what was begun; a busy machine takes its time. */
const FINISHED_MS = 20_000;

/** The outcome of one round. */
export type KillOutcome = 'killed' | 'not reached';

/**
 * Does an act in a process that is killed before one of its changes on disk, starts it again, and
 * holds what is there against what must be.
 *
 * @param changes made before the kill
 * @throws AssertionError
 */
export async function killAmid(
  prepared: PreparedKeys,
  act: KilledAct,
  changes: number,
): Promise<KillOutcome> {
  const keys = await prepared.copy();
  try {
    const outcome = await doAndDie(keys, act, changes);
    await assertWhole(keys, act);
    return outcome;
  } finally {
    await keys.remove();
  }
}

async function doAndDie(
  keys: PreparedKeys,
  { key, ask }: KilledAct,
  changes: number,
): Promise<KillOutcome> {
  const killFile = join(keys.folder, 'kill');
  const arm = () => writeFile(killFile, String(changes));
  if (key in DUE) await makeDue(keys, key);
  if (ask === undefined) await arm();
  const start = { args: ['--import', KILL_AT, PROGRAM, 'serve'], env: { KILL_FILE: killFile } };
  let running: RunningKeys;
  try {
    running = await RunningKeys.start(keys, start);
  } catch (error) {
    // Killed amid the start, which destroys what is due.
    assert(ask === undefined, error instanceof Error ? error : undefined);
    return 'killed';
  }
  if (ask !== undefined) await arm();
  const asked = ask?.(running).catch(refused) ?? sleep(FINISHED_MS / 10);
  const end = await Promise.race([running.server.ended(), asked.then(() => running.stop())]);
  return end === 'SIGKILL' ? 'killed' : 'not reached';
}

/** Nothing lost, no half state, and the act is finished or undone; asked for again, it is done. */
async function assertWhole(keys: PreparedKeys, act: KilledAct): Promise<void> {
  await keys.place.forgetLeases();
  const running = await RunningKeys.start(keys);
  try {
    await untilNothingIsWrong(() => lostOf(running, keys.samples, act));
    if (act.ask !== undefined) await act.ask(running).catch(refused);
    await untilNothingIsWrong(() => undoneOf(running, keys.samples, act));
  } finally {
    await running.stop();
  }
  for (const record of await keys.records.list()) {
    const intent = record.kind === 'key' ? record.intent : undefined;
    assert.equal(intent, undefined, `the act on ${record.externalKeyId} stays begun`);
  }
  const names = await readdir(keys.folder, { recursive: true });
  assert.deepEqual(
    names.filter((name) => name.endsWith('.tmp')),
    [],
  );
}

/** Finds what does not open although its key is Enabled, or opens although it is not. */
async function lostOf(
  running: RunningKeys,
  samples: readonly Sample[],
  { key, destroys = [] }: KilledAct,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const sample of samples) {
    const { externalKeyId, version } = sample;
    const isGoing = externalKeyId === key && destroys.includes(version);
    const id = externalKeyId === 'name' ? 'one' : externalKeyId;
    const mayOpen = (await running.stateOf(id)) === 'Enabled' && !isGoing;
    const opens = await running.opens(sample);
    if (opens !== mayOpen) wrong.push(`${externalKeyId} ${version} ${opens ? 'opens' : 'is lost'}`);
  }
  return wrong;
}

async function undoneOf(
  running: RunningKeys,
  samples: readonly Sample[],
  act: KilledAct,
): Promise<readonly string[]> {
  const wrong = [...(await lostOf(running, samples, act))];
  const { key, leads, encrypts, alias } = act;
  const state = await running.stateOf(key);
  if (state !== leads) wrong.push(`${key} is ${state}, not ${leads}`);
  if (alias !== undefined) {
    const works = typeof (await running.encrypt(alias.name)) !== 'number';
    if (works !== alias.works)
      wrong.push(`the alias ${alias.name} ${works ? 'works' : 'does not'}`);
  }
  if (encrypts === undefined) return wrong;
  const made = await running.encrypt(key);
  const version = typeof made === 'number' ? 0 : made.version;
  if (version < encrypts) wrong.push(`${key} encrypts with version ${version}, not ${encrypts}`);
  else if (typeof made !== 'number' && !(await running.opens(made))) wrong.push(`${key} lies`);
  return wrong;
}

async function untilNothingIsWrong(look: () => Promise<readonly string[]>): Promise<void> {
  const endsAt = performance.now() + FINISHED_MS;
  for (;;) {
    const wrong = await look();
    if (wrong.length === 0) return;
    assert(performance.now() < endsAt, wrong.join('; '));
    await sleep(100);
  }
}

/** It was done before the kill, or its process was killed. */
function refused(error: unknown): void {
  if (!(error instanceof CliError)) throw error;
}
