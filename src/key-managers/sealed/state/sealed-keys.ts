import { sharedCollection } from '../../../state/shared-collection.js';
import { KeptDocument } from '../keys/kept-document.js';

/** The documents of all sealed keys in a state, by key manager and id in lower case. */
export const sealedKeysIn = sharedCollection<KeptDocument>({
  name: 'sealed-keys',
  tellsDamage: true,
  newest: { number: 1, schema: KeptDocument.schema, isOfText: true },
});

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
