import { invariant } from '../../shared/assert.js';
import type { CollectionDefinition, StateDocument } from '../collection.js';
import { StateError } from '../errors.js';
import type { Collection } from '../state.js';
import type { DamagedDocument, DocumentChange, DocumentName, StoredDocument } from '../store.js';
import { readDocument, writtenContents } from './document-format.js';
import { counted } from '../../shared/counted.js';

/** The acts of the copy that a collection needs. */
export interface CollectionPorts {
  /** Changes the store, and applies what came of it. @throws StateError */
  readonly put: (change: DocumentChange) => Promise<StoredDocument>;
  /** The format of the store. */
  readonly storeFormat: () => number;
}

type GoodDocument<Value> = Exclude<StateDocument<Value>, { readonly problem: string }>;

/** One collection in memory. Documents leave by tombstones alone, never because they are absent. */
export class CollectionCopy<Value, Previous = never> implements Collection<Value> {
  readonly #definition: CollectionDefinition<Value, Previous>;
  readonly #ports: CollectionPorts;
  readonly #documents = new Map<string, StateDocument<Value>>();
  /** As they are stored: those that this program cannot read. */
  readonly #unreadable = new Map<string, StoredDocument>();
  /** The problems of documents whose last good contents go on being used, by id. */
  readonly #damage = new Map<string, string>();
  readonly #listeners = new Set<(document: StateDocument<Value>) => void>();
  /** In their order, made when it is asked for and none has changed since. */
  #listed: readonly StateDocument<Value>[] | undefined;

  constructor(definition: CollectionDefinition<Value, Previous>, ports: CollectionPorts) {
    this.#definition = definition;
    this.#ports = ports;
  }

  get(id: string): StateDocument<Value> | undefined {
    return this.#documents.get(id);
  }

  list(): readonly StateDocument<Value>[] {
    this.#listed ??= [...this.#documents.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.#listed;
  }

  async put(id: string, value: Value, replaces: number): Promise<StateDocument<Value>> {
    const written = writtenContents(this.#definition, value, this.#ports.storeFormat());
    return this.#change({ collection: this.#definition.name, id, ...written, replaces });
  }

  remove(id: string, replaces: number): Promise<StateDocument<Value>> {
    const { name, newest } = this.#definition;
    const change = { collection: name, id, format: newest.number, contents: undefined, replaces };
    return this.#change(change);
  }

  watch(listener: (document: StateDocument<Value>) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Takes over the newest state of a document, unless what is in memory is as new. */
  apply(stored: StoredDocument): void {
    const { id, revision } = stored;
    const known = this.#documents.get(id);
    const isMended = known?.revision === revision && this.#isDamaged(known);
    if (known !== undefined && known.revision >= revision && !isMended) return;
    const document = readDocument(this.#definition, stored);
    if (document.kind === 'damaged' && known !== undefined) {
      if (isMended) return;
      // No Holdfast writes such contents: whoever has, they count for nothing.
      if (known.kind === 'value' && this.#definition.tellsDamage !== true) {
        this.#damage.set(id, document.problem);
        return;
      }
    }
    if ('problem' in document) this.#unreadable.set(id, stored);
    else this.#unreadable.delete(id);
    this.#damage.delete(id);
    this.#keep(document);
  }

  /**
   * Names a document that cannot be trusted. Where it is told among the problems alone, the one
   * that is in memory already goes on being used.
   */
  applyDamage({ id, problem, isNewer }: DamagedDocument): void {
    const known = this.#documents.get(id);
    if (known === undefined) {
      const kind = isNewer === true ? 'newer-version' : 'damaged';
      this.#keep({ kind, id, revision: 0, problem });
    } else if ('problem' in known) {
      return;
    } else if (this.#definition.tellsDamage === true) {
      // The last copy on disk keeps what was good: without it, nobody would know that it was there.
      this.#unreadable.set(id, this.#storedOf(known));
      this.#keep({ kind: 'damaged', id, revision: known.revision, problem });
    } else {
      this.#damage.set(id, problem);
    }
  }

  /** Every document as it is stored, tombstones included; not those that the store cannot read. */
  stored(): readonly StoredDocument[] {
    return [...this.#documents.values()].flatMap((document) =>
      'problem' in document ? (this.#unreadable.get(document.id) ?? []) : this.#storedOf(document),
    );
  }

  /** The documents that somebody may mend in their place. */
  get damaged(): readonly DocumentName[] {
    const { name: collection } = this.#definition;
    return [...this.#documents.values()]
      .filter((document) => this.#isDamaged(document))
      .map(({ id }) => ({ collection, id }));
  }

  /** The documents that are of no use to this program, one sentence each. */
  get problems(): readonly string[] {
    const { name } = this.#definition;
    const unreadable = [...this.#documents.values()].flatMap((document) =>
      'problem' in document ? [`${name}: ${document.problem}`] : [],
    );
    const damaged = [...this.#damage].map(
      ([id, problem]) => `${name}: ${id} is damaged, and goes on as it was: ${problem}`,
    );
    return [...unreadable, ...damaged];
  }

  async #change(change: DocumentChange): Promise<StateDocument<Value>> {
    const known = this.#documents.get(change.id);
    if (known !== undefined && 'problem' in known) {
      const code = known.kind;
      throw new StateError(code, `${known.problem}; it is left as it is`);
    }
    const damage = this.#damage.get(change.id);
    if (damage !== undefined) {
      throw new StateError('damaged', `${change.id}: ${damage}; it is left as it is`);
    }
    // Not what is in memory: others may have changed it since.
    return readDocument(this.#definition, await this.#ports.put(change));
  }

  #isDamaged({ id, kind }: StateDocument<Value>): boolean {
    return kind === 'damaged' || this.#damage.has(id);
  }

  #storedOf(document: GoodDocument<Value>): StoredDocument {
    const { id, revision } = document;
    const { name: collection, newest } = this.#definition;
    if (document.kind === 'removed') {
      return { collection, id, revision, format: newest.number, contents: undefined };
    }
    const format = this.#ports.storeFormat();
    return {
      collection,
      id,
      revision,
      ...writtenContents(this.#definition, document.value, format),
    };
  }

  #keep(document: StateDocument<Value>): void {
    this.#documents.set(document.id, document);
    this.#listed = undefined;
    for (const listener of this.#listeners) listener(document);
  }
}

type OpenedCollection = Pick<
  CollectionCopy<unknown>,
  'apply' | 'applyDamage' | 'damaged' | 'problems' | 'stored'
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
      if (damaged.collection === name) copy.applyDamage(damaged);
    }
    return copy;
  }

  /** Takes over the newest state of a document. */
  apply(stored: StoredDocument): void {
    this.#damaged.delete(keyOf(stored));
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
    this.#opened.get(damaged.collection)?.applyDamage(damaged);
  }

  /** Every document as it is stored, tombstones included. */
  stored(): readonly StoredDocument[] {
    const opened = [...this.#opened.values()].flatMap((collection) => collection.stored());
    return [...opened, ...this.#unopened.values()];
  }

  /** The documents that somebody may mend in their place. */
  get damaged(): readonly DocumentName[] {
    return [...this.#opened.values()].flatMap(({ damaged }) => damaged);
  }

  /** The documents that nobody here reads, one sentence a collection. */
  get leftAside(): readonly string[] {
    const counts = new Map<string, number>();
    for (const { collection } of this.#unopened.values()) {
      counts.set(collection, (counts.get(collection) ?? 0) + 1);
    }
    return [...counts].map(
      ([collection, count]) =>
        `${counted(count, 'document')} of ${collection} in the state store, which nothing here reads: ` +
        'of a kind of key manager that the configuration does not name, or of a newer version of ' +
        'Holdfast',
    );
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
