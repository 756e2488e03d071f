import { expect, it } from 'vitest';
import { Suspension } from '../../../../src/state/copy/suspension.js';

/** A suspension on a clock that a test moves. */
function suspended() {
  let now = 1_000;
  const suspension = new Suspension({ monotonic: () => now });
  return {
    suspension,
    pass: (ms: number) => {
      now += ms;
      return now;
    },
  };
}

it('the process runs on → it has not returned', () => {
  const { suspension, pass } = suspended();
  for (let look = 0; look < 20; look += 1) {
    pass(2_000);
    expect(suspension.hasReturned).toBe(false);
  }
});

it('a long time without a look → it has returned, until a question that began since is over', async () => {
  const { suspension, pass } = suspended();
  // It hangs all the while, and its answer may be from before.
  await suspension.during(() => Promise.resolve(void pass(5_000)));
  expect(suspension.hasReturned).toBe(true);
  await suspension.during(() => Promise.resolve(void pass(10)));
  expect(suspension.hasReturned).toBe(false);
});
