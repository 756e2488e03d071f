/**
 * Kills a server with an audit log again and again, and looks for what it has answered in its log:
 * see docs/benchmark.md.
 *
 *     node --import tsx test/bench/audit-crash.ts --rounds 500
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import type { Inspection } from '../support/audit-crash-log.js';
import { CrashRounds, type CrashTally } from '../support/audit-crash-rounds.js';

/** Then with a new folder: all of a log is read after each round. */
const ROUNDS_A_FOLDER = 50;

interface Sums {
  rounds: number;
  killsAmidStart: number;
  answers: number;
  refusals: number;
  records: number;
  segments: number;
  recoveries: number;
  tornRecoveries: number;
  readonly traces: Record<keyof CrashTally['traces'], number>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '500' } } });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds: a number from 1');
  await ensureBuilt();
  const sums: Sums = {
    rounds: 0,
    killsAmidStart: 0,
    answers: 0,
    refusals: 0,
    records: 0,
    segments: 0,
    recoveries: 0,
    tornRecoveries: 0,
    traces: { tornRecord: 0, emptySegment: 0, halfCompressed: 0, tornCheckpoint: 0 },
  };
  while (sums.rounds < rounds) {
    await inNewFolder(Math.min(ROUNDS_A_FOLDER, rounds - sums.rounds), sums);
    console.log(JSON.stringify(sums));
  }
  print(sums);
}

/** Removes the folder, unless something is wrong with what is in it. */
async function inNewFolder(rounds: number, sums: Sums): Promise<void> {
  const folder = await mkdtemp('/var/tmp/holdfast-crash-');
  const logs = join(folder, 'server-logs');
  await mkdir(logs);
  process.env['HOLDFAST_TEST_LOG_DIR'] = logs;
  console.log(`${folder} is kept if anything is wrong`);
  const crashes = new CrashRounds(folder);
  for (let round = 0; round < rounds; round += 1) {
    assertNothingWrong(await crashes.round(round % 2 === 0 ? 'written' : 'synced'));
  }
  const end = await crashes.finish();
  assertNothingWrong(end);
  add(crashes.tally, end, sums);
  await rm(folder, { recursive: true });
}

function assertNothingWrong({ problems }: Inspection): void {
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'));
}

function add(tally: CrashTally, { report, counts, tornRecoveries }: Inspection, sums: Sums): void {
  sums.rounds += tally.rounds;
  sums.killsAmidStart += tally.killsAmidStart;
  sums.answers += tally.answers;
  sums.refusals += tally.refusals;
  sums.records += report.records;
  sums.segments += report.segments;
  sums.recoveries += counts.get('recovery') ?? 0;
  sums.tornRecoveries += tornRecoveries;
  for (const [name, count] of Object.entries(tally.traces)) {
    sums.traces[name as keyof Sums['traces']] += count;
  }
}

function print(sums: Sums): void {
  const { traces } = sums;
  console.log(`
${sums.rounds} kills under load, ${sums.killsAmidStart} amid the start
${sums.answers} answers received, ${sums.refusals} of them errors: none with a result and without its record
${sums.records} records in ${sums.segments} segments, all verified, ${sums.recoveries} recoveries
Found after a kill: ${traces.tornRecord} torn records (${sums.tornRecoveries} recorded), ${traces.emptySegment} empty segments,
${traces.halfCompressed} half compressed ones, ${traces.tornCheckpoint} torn checkpoints`);
}

await main();
