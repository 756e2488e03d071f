/**
 * Rounds of random faults against two replicas under load: `replica-faults.ts [ROUNDS] [SEED]`, or
 * of one kind of fault, such as `replica-faults.ts 1 7 'long black hole'`. Prints each round, and
 * at the end what was lost, which should be nothing.
 */
import { installPostgresql } from '../../scripts/lib/install-postgresql.mjs';
import { logDrawnBlocks } from '../support/drawn-blocks.js';
import { asFault, FaultRounds } from '../support/replica-faults.js';
import { Replicas } from '../support/replicas.js';

const [rounds = '100', seed = String(Date.now()), kind] = process.argv.slice(2);

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

console.log(`seed ${seed}`);
const replicas = await Replicas.launch(await installPostgresql());
try {
  await logDrawnBlocks(replicas.database, replicas.state);
  const faults = new FaultRounds(replicas, randomFrom(Number(seed)));
  let told = 0;
  for (let round = 1; round <= Number(rounds); round++) {
    const startedAt = performance.now();
    const fault = await faults.round(kind === undefined ? undefined : asFault(kind));
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(`${String(round).padStart(4)}  ${fault.padEnd(22)} ${seconds.toFixed(1)} s`);
    for (const failure of faults.failures.slice(told)) console.log(JSON.stringify(failure));
    told = faults.failures.length;
  }
  console.log(JSON.stringify(await faults.end(), null, 2));
} finally {
  await replicas.dispose();
}
