import type { StateCounters } from '../state.js';
import type { StateStore } from '../store.js';

/**
 * The counters of a store that is changed by way of something.
 *
 * @param change does something with the store, and takes note of what comes of it
 */
export function countersBy(
  change: <T>(work: (store: StateStore) => Promise<T>) => Promise<T>,
): StateCounters {
  return {
    begin: (counter, start) => change((store) => store.beginCounter(counter, start)),
    draw: (request) => change((store) => store.drawBlock(request)),
    drawMany: (requests) => change((store) => store.drawBlocks(requests)),
    read: (prefix) => change((store) => store.readCounters(prefix)),
    raise: (counter, by) => change((store) => store.raiseCounter(counter, by)),
    forget: (prefix) => change((store) => store.forgetCounters(prefix)),
  };
}
