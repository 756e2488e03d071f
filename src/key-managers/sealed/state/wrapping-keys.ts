import type { Clock } from '../../../shared/clock.js';
import { Deadline } from '../../../shared/deadline.js';
import type { State } from '../../../state/state.js';
import { sharedCollection } from '../../../state/shared-collection.js';
import {
  type WrappingKeyDocument,
  type WrappingKeyPlace,
  wrappingKeySchema,
} from '../keys/wrapping-key-document.js';
import { told } from './told-state.js';

const REFRESH_BUDGET_MS = 5_000;

/** The wrapping keys of all sealed keys in a state, by key manager and name. */
export const wrappingKeysIn = sharedCollection<WrappingKeyDocument>({
  name: 'wrapping-keys',
  newest: { number: 1, schema: wrappingKeySchema },
});

/** The parts that the wrapping keys of a key manager need. */
export interface WrappingKeysPorts {
  readonly state: State;
  readonly keyManager: string;
  readonly clock: Clock;
}

/** The wrapping keys of one key manager in a state. */
export class WrappingKeysInState implements WrappingKeyPlace {
  readonly #placePorts: WrappingKeysPorts;

  constructor(placePorts: WrappingKeysPorts) {
    this.#placePorts = placePorts;
  }

  async put(document: WrappingKeyDocument): Promise<void> {
    const name = this.#nameOf(document.wrappingKeyId);
    // A tombstone is there where it was moved away, and comes back.
    const there = this.#documents.get(name)?.revision ?? 0;
    await told(this.#documents.put(name, document, there));
  }

  async get(wrappingKeyId: string): Promise<WrappingKeyDocument | undefined> {
    const name = this.#nameOf(wrappingKeyId);
    // Another replica may have made it just now.
    if (this.#documents.get(name) === undefined) await this.#refresh();
    const document = this.#documents.get(name);
    return document?.kind === 'value' ? document.value : undefined;
  }

  list(): Promise<readonly WrappingKeyDocument[]> {
    const own = this.#documents.list().filter(({ id }) => id.startsWith(this.#prefix));
    const values = own.flatMap((document) => (document.kind === 'value' ? [document.value] : []));
    return Promise.resolve(values);
  }

  async remove(wrappingKeyId: string): Promise<void> {
    const name = this.#nameOf(wrappingKeyId);
    if (this.#documents.get(name) === undefined) await this.#refresh();
    const document = this.#documents.get(name);
    if (document === undefined || document.kind === 'removed') return;
    await told(this.#documents.remove(name, document.revision));
    await told(this.#placePorts.state.rewriteLastCopy());
  }

  get #documents() {
    return wrappingKeysIn(this.#placePorts.state);
  }

  get #prefix(): string {
    return `${this.#placePorts.keyManager}/`;
  }

  #nameOf(wrappingKeyId: string): string {
    return `${this.#prefix}${wrappingKeyId}`;
  }

  #refresh(): Promise<void> {
    const { state, clock } = this.#placePorts;
    return told(state.refresh(Deadline.after(clock, REFRESH_BUDGET_MS)));
  }
}
