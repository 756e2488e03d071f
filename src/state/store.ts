/** The name of a document: its collection, and its id there. */
export interface DocumentName {
  /** 1 to 40 characters of `a-z` and `-`. */
  readonly collection: string;
  /** 1 to 256 characters of printable ASCII without space. */
  readonly id: string;
}

/** The newest state of one document: its contents, or that it was removed. */
export interface StoredDocument extends DocumentName {
  /** The revision of the store that the change made; 1 is the first. */
  readonly revision: number;
  /** The number of the schema that the contents follow. */
  readonly format: number;
  /** JSON, up to {@link MAX_DOCUMENT_BYTES}; undefined for a document that was removed. */
  readonly contents: string | undefined;
}

/** The contents of a document, and the revision that they replace. */
export interface DocumentChange extends DocumentName {
  readonly format: number;
  /** JSON; undefined removes the document and leaves a tombstone, which is never removed. */
  readonly contents: string | undefined;
  /** The revision of the document, or of its tombstone; 0 for one that never was. */
  readonly replaces: number;
}

/**
 * Uses as replicas have told of them, such as the time of the last one. They have no place in the
 * store's history: many are told each minute, and nobody decides by their order.
 */
export interface StoredUses extends DocumentName {
  /** A random name of these contents, 32 hexadecimal digits: the next writing gives another one. */
  readonly token: string;
  /** The number of the schema that the contents follow. */
  readonly format: number;
  /** JSON, up to {@link MAX_DOCUMENT_BYTES}. */
  readonly contents: string;
}

/** Uses, and the contents in whose place they come. */
export interface UsesChange extends Omit<StoredUses, 'token'> {
  /** The token of what was read; undefined where nothing was there. */
  readonly replaces: string | undefined;
}

/** All that is stored of uses in a collection. */
export interface ListedUses {
  /** In the order of their ids. */
  readonly uses: readonly StoredUses[];
  readonly damaged: readonly DamagedDocument[];
}

/** The newest format of a store that this version reads and writes, like the one before it. */
export const STATE_FORMAT = 1;

/** The longest contents of a document, in bytes of UTF-8. */
export const MAX_DOCUMENT_BYTES = 4 * 2 ** 20;

/** One place in the store's history: two stores of the same past have the same. */
export interface HistoryMark {
  readonly storeId: string;
  readonly revision: number;
  /** A random name that the store gave to this revision, 32 hexadecimal digits. */
  readonly token: string;
}

/** A document that is there and cannot be trusted: it is named, and its last contents count. */
export interface DamagedDocument extends DocumentName {
  readonly problem: string;
  /** True for one that a newer version of Holdfast has made: it is not damaged. */
  readonly isNewer?: true;
}

/** The changes after a revision. */
export interface Changes {
  /** The store's place in its history when it was asked. */
  readonly mark: HistoryMark;
  /** The token of the revision that was asked for; undefined where the store does not have it. */
  readonly tokenThen: string | undefined;
  /** The number of the store's format that programs must be able to read. */
  readonly format: number;
  /** The newest state of every document that changed since, by ascending revision. */
  readonly documents: readonly StoredDocument[];
  /** The revision to go on after, where there are more documents than one answer has. */
  readonly next?: number | undefined;
  readonly damaged: readonly DamagedDocument[];
  /** Sentences about what is in the store and counts for nothing, beside damaged documents. */
  readonly leftAside: readonly string[];
  /** The replicas whose leases have not ended, this one too. */
  readonly leases: readonly Lease[];
}

/** A replica's own word about itself, renewed all the time while it lives. */
export interface LeaseRenewal {
  /** 32 hexadecimal digits, another at every start of a process. */
  readonly replica: string;
  /** The replica's name for people. */
  readonly name: string;
  /** The version of the program. */
  readonly version: string;
  /** The newest format of the store that the program reads and writes. */
  readonly format: number;
  /** The revision up to which the replica has applied every change. */
  readonly applied: number;
}

/** A lease that had not ended when the store was asked, by the store's own clock. */
export interface Lease extends LeaseRenewal {
  readonly endsInMs: number;
}

/** The duration of a lease from its renewal, in milliseconds. */
export const LEASE_MS = 10_000;

/** Numbers that a counter has handed out: `from` up to and without `to`. */
export interface CounterBlock {
  readonly from: number;
  readonly to: number;
}

/** A drawing of a block. */
export interface BlockRequest {
  /** The counter's name: 1 to 256 characters of printable ASCII without space. */
  readonly counter: string;
  /** The number of numbers that are wanted; near the limit fewer are given. */
  readonly size: number;
  /** The counter never hands out this number, nor one above it. */
  readonly limit: number;
}

/** The outcome of one of several drawings. */
export type DrawnBlock = CounterBlock | 'at-limit' | 'count-unknown';

/**
 * The keeper of the state of Holdfast: small JSON documents in collections, and counters. What
 * resolves is durable: it outlives a crash and a power cut. Every method fails with a
 * {@link StateError} and nothing else. Whatever is secret is sealed before it comes here.
 *
 * Nothing on a request's way calls it: `copy/` keeps in memory what requests need.
 */
export interface StateStore {
  /** 32 hexadecimal digits, made with the store; a restored store has the id of its original. */
  readonly id: string;
  /** True where other processes change it, too: then it is asked all the time. */
  readonly isShared: boolean;
  /** A name of the place for people, such as a folder or `db1:5432/holdfast`. No secret. */
  readonly place: string;
  /** Problems that do not keep it from working, one sentence each, as a missing standby. */
  readonly warnings: readonly string[];

  /** Reads one document, or its tombstone. @returns undefined for one that never was */
  get(name: DocumentName): Promise<StoredDocument | undefined>;
  /** Lists the documents of a collection in the order of their ids, tombstones included. */
  list(collection: string): Promise<readonly StoredDocument[]>;
  /**
   * Replaces a document, makes one (`replaces: 0`) or removes it, if it is still at the revision
   * that the change replaces.
   *
   * @returns the document as it is now
   * @throws StateError `conflict`; `outcome-unknown` where even a reading does not tell
   */
  put(change: DocumentChange): Promise<StoredDocument>;
  /**
   * Reads the newest state of every document after a revision, tombstones included. A store with
   * many may answer with the first of them, and then says where to go on.
   *
   * @param since 0 for everything; `tokenThen` is that of this revision
   * @param after the `next` of the answer before: the documents after this one, not after `since`
   */
  changesSince(since: number, after?: number): Promise<Changes>;

  /** Begins a counter. @throws StateError `conflict` for one that is there */
  beginCounter(counter: string, start: number): Promise<void>;
  /**
   * Hands out the next block, never the same numbers twice. A block whose outcome is unknown is
   * spent: it is not handed out again.
   *
   * @returns undefined for a counter that has reached the limit
   * @throws StateError `count-unknown` for a counter that is not there
   */
  drawBlock(request: BlockRequest): Promise<CounterBlock | undefined>;
  /**
   * Draws from many counters at once, as {@link drawBlock} from one.
   *
   * @param requests each of another counter
   * @returns the outcome of each, in their order
   */
  drawBlocks(requests: readonly BlockRequest[]): Promise<readonly DrawnBlock[]>;
  /** Reads how far the counters have come whose names begin so. Says nothing of what is used. */
  readCounters(prefix: string): Promise<ReadonlyMap<string, number>>;
  /** Adds to a counter what was counted elsewhere, and begins it where it is not there. */
  raiseCounter(counter: string, by: number): Promise<void>;
  /** Makes the counts unknown of the counters whose names begin so. */
  forgetCounters(prefix: string): Promise<void>;

  /** Lists the uses of a collection. */
  listUses(collection: string): Promise<ListedUses>;
  /**
   * Writes uses in the place of what they replace, or where nothing is. Raises no revision. What
   * another replica has written meanwhile is left as it is, and so is what is damaged.
   *
   * @param changes each of another document
   * @returns those that are written now; an outcome that is unknown counts as not written
   */
  putUses(changes: readonly UsesChange[]): Promise<readonly StoredUses[]>;

  /** Renews the replica's lease for {@link LEASE_MS}. */
  renewLease(renewal: LeaseRenewal): Promise<void>;
  /** Ends the replica's lease, so that others need not wait for its end. */
  endLease(replica: string): Promise<void>;

  /**
   * Tells a shared store that it has lost a place of its history that a replica knows. If that is
   * so, it accepts nothing more of any replica until it is recovered. The replica's lease ends: it
   * has no say in what is settled.
   */
  noteLoss?(known: HistoryMark, replica: string): Promise<void>;
  /**
   * Brings documents back to a store that has gone back, where they are newer than its own, raises
   * its revision above `highestRevision`, and makes every count unknown.
   *
   * @returns the names of the documents that were brought back
   */
  recover(
    newer: readonly StoredDocument[],
    highestRevision: number,
  ): Promise<readonly DocumentName[]>;
  /** Waits for changes under way, and lets another process have what is not shared. */
  close(): Promise<void>;
}
