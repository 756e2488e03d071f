/**
 * Changes a state store in files and kills the process, again and again, and looks for what it has
 * acknowledged: see docs/benchmark.md.
 *
 *     node --import tsx test/bench/state-crash.ts --rounds 200
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { StateCrashRounds } from '../support/state-crash-rounds.js';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' } } });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds: a number from 1');
  await ensureBuilt();
  const folder = await mkdtemp('/var/tmp/holdfast-state-crash-');
  console.log(`${folder} is kept if anything is wrong`);
  const crashes = new StateCrashRounds(join(folder, 'state'));
  for (let round = 0; round < rounds; round += 1) await crashes.round();
  await rm(folder, { recursive: true });
  const { tally } = crashes;
  console.log(`
${tally.rounds} kills amid changes, ${tally.killsAmidStart} of them amid the start
${tally.changes} changes and ${tally.blocks} blocks acknowledged: every change is there, none by halves, no number twice
${tally.unacknowledged} documents had a change that was on disk and not yet acknowledged`);
}

await main();
