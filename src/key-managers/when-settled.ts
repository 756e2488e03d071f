import type { Clock } from '../shared/clock.js';
import { Deadline } from '../shared/deadline.js';
import type { State } from '../state/state.js';
import { untilSettled } from '../state/until-settled.js';
import { KeyManagerError } from './backend.js';

/** Longer than a lease: by then every live replica knows what was written. */
const SETTLING_BUDGET_MS = 20_000;

/**
 * Resolves when every live replica has applied a revision.
 *
 * @param isSettled another way to tell it than the state's, whenever its standing may have changed
 * @throws KeyManagerError `unreachable` where that takes longer than a lease
 */
export async function whenSettled(
  state: Pick<State, 'isSettled' | 'onStanding'>,
  revision: number,
  clock: Clock,
  isSettled = () => state.isSettled(revision),
): Promise<void> {
  const late = () => new KeyManagerError('unreachable', 'not every replica follows the store');
  await untilSettled(state, isSettled, Deadline.after(clock, SETTLING_BUDGET_MS), late);
}
