import type { StateDocument } from '../../src/state/collection.js';
import { StateError } from '../../src/state/errors.js';
import type { Collection } from '../../src/state/state.js';

/** A collection of a state that is this replica's alone, without a store. */
export class CollectionInMemory<Value> implements Collection<Value> {
  readonly #documents = new Map<string, StateDocument<Value>>();
  readonly #listeners = new Set<(document: StateDocument<Value>) => void>();
  #revision = 0;

  get(id: string): StateDocument<Value> | undefined {
    return this.#documents.get(id);
  }

  list(): readonly StateDocument<Value>[] {
    return [...this.#documents.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  put(id: string, value: Value, replaces: number): Promise<StateDocument<Value>> {
    return this.#change({ kind: 'value', id, revision: this.#revision + 1, value }, replaces);
  }

  remove(id: string, replaces: number): Promise<StateDocument<Value>> {
    return this.#change({ kind: 'removed', id, revision: this.#revision + 1 }, replaces);
  }

  watch(listener: (document: StateDocument<Value>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(document: StateDocument<Value>, replaces: number): Promise<StateDocument<Value>> {
    if ((this.#documents.get(document.id)?.revision ?? 0) !== replaces) {
      return Promise.reject(new StateError('conflict', `${document.id} has been changed`));
    }
    this.#revision = document.revision;
    this.#documents.set(document.id, document);
    for (const listener of this.#listeners) listener(document);
    return Promise.resolve(document);
  }
}
