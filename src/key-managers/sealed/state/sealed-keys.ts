import type { CollectionDefinition } from '../../../state/collection.js';
import type { Collection, State } from '../../../state/state.js';
import { type KeyDocument, keyDocumentSchema } from '../keys/key-document.js';

/** The documents of all sealed keys, by key manager and id in lower case. */
const definition: CollectionDefinition<KeyDocument> = {
  name: 'sealed-keys',
  newest: { number: 1, schema: keyDocumentSchema },
};

/** A state opens a collection once, and several key managers have their keys in this one. */
const opened = new WeakMap<State, Collection<KeyDocument>>();

/** The collection of sealed keys in a state. */
export function sealedKeysIn(state: State): Collection<KeyDocument> {
  const collection = opened.get(state) ?? state.collection(definition);
  opened.set(state, collection);
  return collection;
}

/**
 * The names of one key manager's documents and counters. Ids that differ only by case have one
 * name, so that two replicas cannot make both.
 */
export class StateNames {
  readonly #keyManager: string;

  constructor(keyManager: string) {
    this.#keyManager = keyManager;
  }

  /** The beginning of the names of all its documents. */
  get prefix(): string {
    return `${this.#keyManager}/`;
  }

  /** The beginning of the names of all its counters. */
  get counterPrefix(): string {
    return `encryptions/${this.#keyManager}/`;
  }

  document(externalKeyId: string): string {
    return `${this.prefix}${externalKeyId.toLowerCase()}`;
  }

  counter(materialName: Buffer): string {
    return `${this.counterPrefix}${materialName.toString('hex')}`;
  }
}
