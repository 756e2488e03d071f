import { vi } from 'vitest';
import { StateError } from '../../src/state/errors.js';
import type { MemoryStateStore } from './memory-state-store.js';

/** All that asks a store. */
const QUESTIONS = [
  'changesSince',
  'put',
  'beginCounter',
  'drawBlock',
  'drawBlocks',
  'readCounters',
  'renewLease',
  'endLease',
] as const;

/** Lets a replica's store go away. @returns brings it back */
export function storeAway(store: MemoryStateStore): () => void {
  const away = () => Promise.reject(new StateError('unavailable', 'no server answers'));
  const spies = QUESTIONS.map((method) => vi.spyOn(store, method).mockImplementation(away));
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
}
