import { expect, it } from 'vitest';
import { CrashRounds } from '../../support/audit-crash-rounds.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** `test/bench/audit-crash.ts` makes as many as one likes. */
const ROUNDS = 10;

it(`killed with SIGKILL ${ROUNDS} times under load → no answer without its record, and the log verifies`, async () => {
  const rounds = new CrashRounds(temporaryFolder());
  for (let round = 0; round < ROUNDS; round += 1) {
    const { problems } = await rounds.round(round % 2 === 0 ? 'written' : 'synced');
    expect(problems.join('\n')).toBe('');
  }
  const { problems, counts } = await rounds.finish();
  expect(problems.join('\n')).toBe('');
  expect(counts.get('recovery')).toBeGreaterThanOrEqual(ROUNDS);
  // Otherwise nothing was going on when the server was killed.
  expect(rounds.tally.answers).toBeGreaterThan(5 * ROUNDS);
  expect(counts.get('segment')).toBeGreaterThan(1);
});
