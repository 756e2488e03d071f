import { invariant } from '../../shared/assert.js';
import type { CollectionDefinition, StateDocument } from '../collection.js';
import { StateError } from '../errors.js';
import type { Collection } from '../state.js';
import type { DamagedDocument, DocumentChange, DocumentName, StoredDocument } from '../store.js';
import { readDocument, writtenContents } from './document-format.js';

/** The acts of the copy that a collection needs. */
export interface CollectionPorts {
  /** Changes the store, and applies what came of it. @throws StateError */
  readonly put: (change: DocumentChange) => Promise<StoredDocument>;
  /** The format of the store. */
  readonly storeFormat: () => number;
}

/** One collection in memory. Documents leave by tombstones alone, never because they are absent. */
export class CollectionCopy<Value, Previous = never> implements Collection<Value> {
  readonly #definition: CollectionDefinition<Value, Previous>;
  readonly #ports: CollectionPorts;
  readonly #documents = new Map<string, StateDocument<Value>>();
  /** As they are stored: those that this program cannot read. */
  readonly #unreadable = new Map<string, StoredDocument>();
  readonly #listeners = new Set<(document: StateDocument<Value>) => void>();

  constructor(definition: CollectionDefinition<Value, Previous>, ports: CollectionPorts) {
    this.#definition = definition;
    this.#ports = ports;
  }

  get(id: string): StateDocument<Value> | undefined {
    return this.#documents.get(id);
  }

  list(): readonly StateDocument<Value>[] {
    return [...this.#documents.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async put(id: string, value: Value, replaces: number): Promise<StateDocument<Value>> {
    const written = writtenContents(this.#definition, value, this.#ports.storeFormat());
    return this.#change({ collection: this.#definition.name, id, ...written, replaces });
  }

  async remove(id: string, replaces: number): Promise<void> {
    const { name, newest } = this.#definition;
    const change = { collection: name, id, format: newest.number, contents: undefined, replaces };
    await this.#change(change);
  }

  watch(listener: (document: StateDocument<Value>) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Takes over the newest state of a document, unless what is in memory is as new. */
  apply(stored: StoredDocument): void {
    const known = this.#documents.get(stored.id);
    if (known !== undefined && known.revision >= stored.revision) return;
    const document = readDocument(this.#definition, stored);
    if ('problem' in document) this.#unreadable.set(stored.id, stored);
    else this.#unreadable.delete(stored.id);
    this.#keep(document);
  }

  /** Names a document that cannot be trusted; one that is in memory already goes on being used. */
  applyDamage(id: string, problem: string): void {
    if (this.#documents.has(id)) return;
    this.#keep({ kind: 'damaged', id, revision: 0, problem });
  }

  /** Every document as it is stored, tombstones included; not those that the store cannot read. */
  stored(): readonly StoredDocument[] {
    const { name: collection, newest } = this.#definition;
    return [...this.#documents.values()].flatMap((document) => {
      const { id, revision } = document;
      if ('problem' in document) return this.#unreadable.get(id) ?? [];
      if (document.kind === 'removed') {
        return { collection, id, revision, format: newest.number, contents: undefined };
      }
      const format = this.#ports.storeFormat();
      const written = writtenContents(this.#definition, document.value, format);
      return { collection, id, revision, ...written };
    });
  }

  /** The documents that are of no use to this program, one sentence each. */
  get problems(): readonly string[] {
    return [...this.#documents.values()].flatMap((document) =>
      'problem' in document ? [`${this.#definition.name}: ${document.problem}`] : [],
    );
  }

  async #change(change: DocumentChange): Promise<StateDocument<Value>> {
    const known = this.#documents.get(change.id);
    if (known !== undefined && 'problem' in known) {
      const code = known.kind;
      throw new StateError(code, `${known.problem}; it is left as it is`);
    }
    // Not what is in memory: others may have changed it since.
    return readDocument(this.#definition, await this.#ports.put(change));
  }

  #keep(document: StateDocument<Value>): void {
    this.#documents.set(document.id, document);
    for (const listener of this.#listeners) listener(document);
  }
}

type OpenedCollection = Pick<
  CollectionCopy<unknown>,
  'apply' | 'applyDamage' | 'problems' | 'stored'
>;

/** Every collection of a copy; what nobody has opened yet is kept as it is stored. */
export class CollectionCopies {
  readonly #ports: CollectionPorts;
  readonly #opened = new Map<string, OpenedCollection>();
  readonly #unopened = new Map<string, StoredDocument>();
  readonly #damaged = new Map<string, DamagedDocument>();

  constructor(ports: CollectionPorts) {
    this.#ports = ports;
  }

  /** Opens a collection with what is known of it. */
  open<Value, Previous>(definition: CollectionDefinition<Value, Previous>): Collection<Value> {
    const { name } = definition;
    invariant(!this.#opened.has(name), `the collection ${name} is opened once`);
    const copy = new CollectionCopy(definition, this.#ports);
    this.#opened.set(name, copy);
    for (const [key, stored] of this.#unopened) {
      if (stored.collection !== name) continue;
      copy.apply(stored);
      this.#unopened.delete(key);
    }
    for (const damaged of this.#damaged.values()) {
      if (damaged.collection === name) copy.applyDamage(damaged.id, damaged.problem);
    }
    return copy;
  }

  /** Takes over the newest state of a document. */
  apply(stored: StoredDocument): void {
    const opened = this.#opened.get(stored.collection);
    if (opened !== undefined) {
      opened.apply(stored);
      return;
    }
    const key = keyOf(stored);
    const known = this.#unopened.get(key);
    if ((known?.revision ?? 0) < stored.revision) this.#unopened.set(key, stored);
  }

  /** Names a document that the store cannot trust. */
  applyDamage(damaged: DamagedDocument): void {
    this.#damaged.set(keyOf(damaged), damaged);
    this.#opened.get(damaged.collection)?.applyDamage(damaged.id, damaged.problem);
  }

  /** Every document as it is stored, tombstones included. */
  stored(): readonly StoredDocument[] {
    const opened = [...this.#opened.values()].flatMap((collection) => collection.stored());
    return [...opened, ...this.#unopened.values()];
  }

  /** Problems with documents, one sentence each. */
  get problems(): readonly string[] {
    const unreadable = [...this.#opened.values()].flatMap(({ problems }) => problems);
    const unopened = [...this.#damaged.values()]
      .filter(({ collection }) => !this.#opened.has(collection))
      .map(({ collection, problem }) => `${collection}: ${problem}`);
    return [...unreadable, ...unopened];
  }
}

function keyOf({ collection, id }: DocumentName): string {
  return `${collection}/${id}`;
}
