import { assertCollection, assertDocumentChange, assertDocumentName } from '../assert-request.js';
import { StateError } from '../errors.js';
import type {
  BlockRequest,
  Changes,
  CounterBlock,
  DamagedDocument,
  DocumentChange,
  DocumentName,
  DrawnBlock,
  HistoryMark,
  LeaseRenewal,
  ListedUses,
  StateStore,
  StoredDocument,
  StoredUses,
  UsesChange,
} from '../store.js';
import { type DocumentFile, renderDocumentFile } from './document-file.js';
import type { FileCounters } from './file-counters.js';
import type { FileUses } from './file-uses.js';
import type { LeaseList } from './lease-list.js';
import { documentPath, keyOf, type LoadedDocuments } from './load-documents.js';
import { DOCUMENTS, STORE_FILE, type StateFolder } from './state-folder.js';
import { renderStoreFile } from './store-file.js';
import type { WriteQueue } from './write-queue.js';

/** Under which changes of documents wait for each other; no counter has such a name. */
const DOCUMENT_CHANGES = ' documents';

/** The opened parts of a store in files. */
export interface FilesStorePorts {
  readonly folder: StateFolder;
  readonly queue: WriteQueue;
  /** The store's format. */
  readonly format: number;
  /** The store's place in its history, that of its newest document included. */
  readonly mark: HistoryMark;
  readonly loaded: LoadedDocuments;
  readonly counters: FileCounters;
  readonly uses: FileUses;
  readonly leases: LeaseList;
  /** Makes the random name of a revision. */
  readonly newToken: () => string;
}

/**
 * The state in the files of one folder, for one process. All of it is in memory as well; a change
 * is on disk first. The store's place in its history is that of its newest document, so a crash
 * between a document and `store.json` loses nothing.
 */
export class FilesStateStore implements StateStore {
  readonly isShared = false;
  readonly #ports: FilesStorePorts;
  readonly #documents: Map<string, DocumentFile>;
  readonly #damaged: ReadonlyMap<string, DamagedDocument>;
  #mark: HistoryMark;
  /** A document that may be on disk or not: it is written again before any other change. */
  #unsure: DocumentFile | undefined;
  #storeFileProblem: string | undefined;

  constructor(ports: FilesStorePorts) {
    this.#ports = ports;
    this.#documents = ports.loaded.documents;
    this.#damaged = ports.loaded.damaged;
    this.#mark = ports.mark;
  }

  get id(): string {
    return this.#mark.storeId;
  }

  get place(): string {
    return this.#ports.folder.path;
  }

  get warnings(): readonly string[] {
    const problem = this.#storeFileProblem;
    return [...this.#ports.counters.problems, ...(problem === undefined ? [] : [problem])];
  }

  async get(name: DocumentName): Promise<StoredDocument | undefined> {
    assertDocumentName(name);
    this.#assertWhole(name);
    return Promise.resolve(this.#documents.get(keyOf(name))?.document);
  }

  async list(collection: string): Promise<readonly StoredDocument[]> {
    assertCollection(collection);
    for (const each of this.#damaged.values()) {
      if (each.collection === collection) this.#assertWhole(each);
    }
    const listed = this.#stored().filter((document) => document.collection === collection);
    return Promise.resolve(listed.sort((a, b) => (a.id < b.id ? -1 : 1)));
  }

  async put(change: DocumentChange): Promise<StoredDocument> {
    assertDocumentChange(change);
    return this.#ports.queue.run(DOCUMENT_CHANGES, async () => {
      await this.#makeSure();
      await this.#assertMayReplace(change);
      return this.#write(change, this.#mark.revision + 1);
    });
  }

  async changesSince(since: number): Promise<Changes> {
    const mark = this.#mark;
    const files = [...this.#documents.values()];
    const then = files.find(({ document }) => document.revision === since);
    const documents = files
      .map(({ document }) => document)
      .filter(({ revision }) => revision > since)
      .sort((a, b) => a.revision - b.revision);
    return Promise.resolve({
      mark,
      tokenThen: since === mark.revision ? mark.token : then?.token,
      format: this.#ports.format,
      documents,
      damaged: [...this.#damaged.values()],
      leftAside: this.#ports.loaded.leftAside,
      leases: this.#ports.leases.live,
    });
  }

  beginCounter(counter: string, start: number): Promise<void> {
    return this.#ports.counters.begin(counter, start);
  }

  drawBlock(request: BlockRequest): Promise<CounterBlock | undefined> {
    return this.#ports.counters.draw(request);
  }

  drawBlocks(requests: readonly BlockRequest[]): Promise<readonly DrawnBlock[]> {
    return this.#ports.counters.drawMany(requests);
  }

  async readCounters(prefix: string): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(this.#ports.counters.read(prefix));
  }

  raiseCounter(counter: string, by: number): Promise<void> {
    return this.#ports.counters.raise(counter, by);
  }

  forgetCounters(prefix: string): Promise<void> {
    return this.#ports.counters.forget(prefix);
  }

  listUses(collection: string): Promise<ListedUses> {
    return this.#ports.uses.list(collection);
  }

  putUses(changes: readonly UsesChange[]): Promise<readonly StoredUses[]> {
    return this.#ports.uses.put(changes);
  }

  async renewLease(renewal: LeaseRenewal): Promise<void> {
    this.#ports.leases.renew(renewal);
    return Promise.resolve();
  }

  async endLease(replica: string): Promise<void> {
    this.#ports.leases.end(replica);
    return Promise.resolve();
  }

  async recover(
    newer: readonly StoredDocument[],
    highestRevision: number,
  ): Promise<readonly DocumentName[]> {
    await this.#ports.counters.forget('');
    return this.#ports.queue.run(DOCUMENT_CHANGES, async () => {
      await this.#makeSure();
      await this.#raiseRevision(Math.max(highestRevision, this.#mark.revision) + 1);
      const broughtBack: DocumentName[] = [];
      for (const document of newer.toSorted((a, b) => a.revision - b.revision)) {
        const own = this.#documents.get(keyOf(document))?.document.revision ?? 0;
        if (document.revision <= own || this.#damaged.has(keyOf(document))) continue;
        const { collection, id } = await this.#write(document, this.#mark.revision + 1);
        broughtBack.push({ collection, id });
      }
      return broughtBack;
    });
  }

  async close(): Promise<void> {
    await this.#ports.queue.settle();
    await this.#ports.folder.close();
  }

  #stored(): StoredDocument[] {
    return [...this.#documents.values()].map(({ document }) => document);
  }

  #assertWhole(name: DocumentName): void {
    const damaged = this.#damaged.get(keyOf(name));
    if (damaged === undefined) return;
    const code = damaged.isNewer === true ? 'newer-version' : 'damaged';
    throw new StateError(code, `${damaged.problem}; it is left as it is`);
  }

  async #assertMayReplace(change: DocumentChange): Promise<void> {
    this.#assertWhole(change);
    const { collection, id, replaces } = change;
    const revision = this.#documents.get(keyOf(change))?.document.revision ?? 0;
    if (revision !== replaces) {
      throw new StateError(
        'conflict',
        `${id} of ${collection} is at revision ${revision}, not ${replaces}`,
      );
    }
    if (revision === 0 && (await this.#ports.folder.has(documentPath(change)))) {
      throw new StateError(
        'conflict',
        `a document ${id} of ${collection} has come into the folder since the start; start again to read it`,
      );
    }
  }

  async #write(
    { collection, id, format, contents }: Omit<StoredDocument, 'revision'>,
    revision: number,
  ): Promise<StoredDocument> {
    const document = { collection, id, revision, format, contents };
    const file = { document, token: this.#ports.newToken() };
    try {
      await this.#writeFile(file);
    } catch (error) {
      if (error instanceof StateError && error.code === 'outcome-unknown') {
        this.#unsure = file;
        this.#keep(file);
      }
      throw error;
    }
    this.#keep(file);
    await this.#noteInStoreFile();
    return document;
  }

  async #writeFile(file: DocumentFile): Promise<void> {
    await this.#ports.folder.makeCollection(DOCUMENTS, file.document.collection);
    await this.#ports.folder.write(documentPath(file.document), renderDocumentFile(file));
  }

  #keep(file: DocumentFile): void {
    const { revision } = file.document;
    this.#documents.set(keyOf(file.document), file);
    this.#mark = { storeId: this.id, revision, token: file.token };
  }

  async #makeSure(): Promise<void> {
    if (this.#unsure === undefined) return;
    await this.#writeFile(this.#unsure);
    this.#unsure = undefined;
  }

  async #raiseRevision(revision: number): Promise<void> {
    const mark = { ...this.#mark, revision, token: this.#ports.newToken() };
    await this.#ports.folder.write(STORE_FILE, this.#renderStoreFile(mark));
    this.#mark = mark;
  }

  /**
   * So that the next start notices a document that is missing. The change is made already, and a
   * failure is only shown.
   */
  async #noteInStoreFile(): Promise<void> {
    try {
      await this.#ports.folder.write(STORE_FILE, this.#renderStoreFile(this.#mark));
      this.#storeFileProblem = undefined;
    } catch (error) {
      this.#storeFileProblem = String(error);
    }
  }

  #renderStoreFile({ storeId, revision, token }: HistoryMark): string {
    const documents = this.#documents.size + this.#damaged.size;
    const { format } = this.#ports;
    return renderStoreFile({ format, id: storeId, revision, token, documents });
  }
}
