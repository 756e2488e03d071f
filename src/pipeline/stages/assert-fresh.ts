import type { Deadline } from '../../shared/deadline.js';
import { StateError } from '../../state/errors.js';
import { XksError } from '../../xks/errors.js';
import type { PipelineServices } from '../context.js';

/**
 * Refuses requests once the copy of the state is too old: what it allows may be forbidden by now.
 *
 * @throws XksError InternalException
 */
export function assertFresh(state: PipelineServices['state']): void {
  if (state.isServing) return;
  throw new XksError('InternalException', 'The proxy has been without its state for too long.', {
    reason: 'stale-state',
  });
}

/**
 * Lets a request wait until a replica that was suspended has asked for what others have done
 * meanwhile: what it has in memory may be destroyed by now. Where the store cannot be asked, that
 * is known then, and the terms for it count.
 *
 * @throws XksError InternalException where there is no answer in time
 */
export async function catchUp(state: PipelineServices['state'], deadline: Deadline): Promise<void> {
  try {
    await state.refresh(deadline);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
  }
  if (!state.hasReturned) return;
  throw new XksError('InternalException', 'The proxy was suspended, and has no state yet.', {
    reason: 'stale-state',
  });
}
