import assert from 'node:assert/strict';
import { StateError, type StateErrorCode } from '../errors.js';
import type { DocumentName, StateStore, StoredDocument } from '../store.js';

/** A store as the suite needs it: begun, empty, and for this case alone. */
export interface StateHarness {
  readonly store: StateStore;
  /** Another way to the same store, as another replica has; the same where there is but one. */
  readonly other: StateStore;
  /** Closes both ways, and opens the same store again, as the next start does. */
  readonly reopen: () => Promise<StateStore>;
  /** Lets the store's own clock go on by so much; absent where that takes real time. */
  readonly passTime?: (ms: number) => Promise<void>;
  /** Spoils what is stored of a document; absent where nothing can. The store is opened again. */
  readonly damage?: (name: DocumentName) => Promise<StateStore>;
  /** Spoils what is stored of a counter; absent where nothing can. The store is opened again. */
  readonly damageCounter?: (counter: string) => Promise<StateStore>;
  /** Raises the store's format above the newest one of this version, and opens it again. */
  readonly openNewer: () => Promise<StateStore>;
}

/** One thing that every store must do. Fails by throwing. */
export interface StateCase {
  /** Condition → outcome. */
  readonly title: string;
  readonly run: (harness: StateHarness) => Promise<void>;
}

/** The collection of most cases. */
export const COLLECTION = 'contract-things';

/** The name of a document of {@link COLLECTION}. */
export function named(id: string): DocumentName {
  return { collection: COLLECTION, id };
}

/** Puts a small document of format 1. */
export function putSmall(
  store: StateStore,
  id: string,
  replaces: number,
  contents = '{"small":true}',
): Promise<StoredDocument> {
  return store.put({ ...named(id), format: 1, contents, replaces });
}

/** Removes a document of {@link COLLECTION}. */
export function removeSmall(
  store: StateStore,
  id: string,
  replaces: number,
): Promise<StoredDocument> {
  return store.put({ ...named(id), format: 1, contents: undefined, replaces });
}

/** Expects a rejection with a StateError of one of these codes. */
export async function rejectsWith(
  work: () => Promise<unknown>,
  ...codes: readonly StateErrorCode[]
): Promise<void> {
  await assert.rejects(work, (error) => {
    assert(error instanceof StateError, `expected a StateError, found ${String(error)}`);
    assert(codes.includes(error.code), `expected ${codes.join(' or ')}, found ${error.code}`);
    return true;
  });
}
