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
