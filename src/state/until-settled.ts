import type { Deadline } from '../shared/deadline.js';
import type { State } from './state.js';

/**
 * Resolves when something is settled that every live replica takes part in.
 *
 * @param isSettled asked now, and whenever the standing of the state may have changed
 * @param late makes the error for a deadline that passes before that
 * @throws what `late` makes
 */
export async function untilSettled(
  state: Pick<State, 'onStanding'>,
  isSettled: () => boolean,
  deadline: Deadline,
  late: () => Error,
): Promise<void> {
  if (isSettled()) return;
  let stop: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    stop = state.onStanding(() => {
      if (isSettled()) resolve();
    });
  });
  try {
    await deadline.race(settled, late);
  } finally {
    stop();
  }
}
