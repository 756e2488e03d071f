/**
 * Reloads under load: `reloads.ts [ROUNDS] [CLIENTS] [REQUESTS_PER_SECOND]`, the last 0 for as many
 * as the clients can send. Each round changes the certificate, the policies, a credential, and a
 * key store with its key manager. Prints what failed, which should be nothing, and the memory
 * after the first ten rounds and after the last ten; then the same of a server that is not
 * reloaded, after the same warm-up, at the same moments.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { type ReloadOutcome, ReloadRounds } from '../support/reload-rounds.js';

/** Load before the first round: until then the heap and the compiled code come to their size. */
const WARM_UP_MS = 10_000;

const [rounds = 100, clients = 24, rate = 1_000] = process.argv.slice(2).map(Number);

await ensureBuilt();
tellLoad();
const durationsMs: number[] = [];
const reloads = await measured(async (load, round) => {
  const startedAt = performance.now();
  await load.round(round);
  durationsMs.push(performance.now() - startedAt);
});
tell('with reloads', reloads);
console.log(`longest round ${Math.round(Math.max(...durationsMs))} ms`);
const control = await measured((load, round) =>
  load.roundWithoutReload(durationsMs[round - 1] ?? 0),
);
tell('without reloads', control);
console.log(`growth with reloads / without: ${(growth(reloads) / growth(control)).toFixed(2)}`);
tellLoad();

/** Runs the rounds on a server of its own. */
async function measured(
  round: (load: ReloadRounds, number: number) => Promise<void>,
): Promise<ReloadOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-reloads-'));
  try {
    const requestsPerSecond = rate === 0 ? undefined : rate;
    const load = await ReloadRounds.start(folder, { clients, requestsPerSecond });
    await sleep(WARM_UP_MS);
    for (let number = 1; number <= rounds; number += 1) await round(load, number);
    return await load.end();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tell(what: string, outcome: ReloadOutcome): void {
  const { failures, connections, ...rest } = outcome;
  const failed = { failed: failures.length, first: failures.slice(0, 3) };
  const dropped = connections - outcome.clients;
  const told = { ...rest, ...failed, dropped, growth: growth(outcome).toFixed(2) };
  console.log(`${what} ${JSON.stringify(told)}`);
}

function tellLoad(): void {
  const loads = loadavg().map((each) => each.toFixed(1));
  console.log(`load of the machine ${loads.join(' ')}`);
}

function growth({ memoryMiB: { early, late } }: ReloadOutcome): number {
  return late / early;
}
