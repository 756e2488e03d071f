import { join } from 'node:path';
import { expect, it } from 'vitest';
import { StateCrashRounds } from '../../support/state-crash-rounds.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Many more: test/bench/state-crash.ts. */
const ROUNDS = 15;

it(`a store in files, killed ${ROUNDS} times amid writes → all that was told is there, nothing by halves`, {
  timeout: ROUNDS * 10_000,
}, async () => {
  const crashes = new StateCrashRounds(join(temporaryFolder(), 'state'));
  for (let round = 0; round < ROUNDS; round += 1) await crashes.round();
  const { changes, blocks } = crashes.tally;
  // Otherwise nothing was going on when the processes were killed.
  expect(changes).toBeGreaterThan(ROUNDS);
  expect(blocks).toBeGreaterThan(ROUNDS);
});
