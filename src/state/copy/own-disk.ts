import { join } from 'node:path';
import type { StoredDocument, HistoryMark } from '../store.js';
import type { CopyPorts } from './copy-ports.js';
import { HistoryFile } from './history-file.js';
import { type CopyContents, LastCopy } from './last-copy.js';

const HISTORY_FILE = 'state-history.json';
const LAST_COPY_FILE = 'state-copy.sealed';
/** Time between two last copies. */
const LAST_COPY_MS = 10_000;
/** The same while nothing changes: a copy says when it was known to be the newest state. */
const UNCHANGED_COPY_MS = 3_600_000;
/** The part of its longest age that a copy has at most where nothing changes. */
const UNCHANGED_PART = 0.1;

/** The state as it is to be kept on the replica's own disk. */
export interface KeptState {
  readonly mark: HistoryMark;
  readonly storeFormat: number;
  readonly stored: () => readonly StoredDocument[];
}

/**
 * The files of a replica about the store that it follows: its place in the store's history and,
 * where the operator allows a start without the store, the last copy.
 */
export class OwnDisk {
  readonly #ports: CopyPorts;
  readonly #history: HistoryFile;
  readonly #lastCopy: LastCopy | undefined;
  #noted = 0;
  #copied = { revision: -1, at: 0 };
  #failure: string | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(ports: CopyPorts) {
    const { directory, writeFile, terms } = ports;
    this.#ports = ports;
    this.#history = new HistoryFile(join(directory, HISTORY_FILE), writeFile);
    this.#lastCopy =
      terms.lastCopyKey &&
      new LastCopy(join(directory, LAST_COPY_FILE), terms.lastCopyKey, writeFile);
  }

  /** The problem that the last write had, for operators. */
  get problems(): readonly string[] {
    return this.#failure === undefined ? [] : [this.#failure];
  }

  /** @throws StateError `damaged`, or the file system's error */
  readMark(): Promise<HistoryMark | undefined> {
    return this.#history.read();
  }

  /** Reads the last copy; undefined where there is none, or none is allowed. */
  async readLastCopy(): Promise<CopyContents | undefined> {
    return this.#lastCopy?.read();
  }

  /** Writes what has changed. A failure is logged once, and shown until a write succeeds. */
  keep(state: KeptState, isLast = false): Promise<void> {
    this.#last = this.#last.then(() => this.#keepOrTell(state, isLast));
    return this.#last;
  }

  async #keepOrTell(state: KeptState, isLast: boolean): Promise<void> {
    const wasFailing = this.#failure !== undefined;
    try {
      await this.#keep(state, isLast);
      this.#failure = undefined;
    } catch (cause) {
      this.#failure = 'this replica cannot write down how far it has followed the state store';
      if (!wasFailing) this.#ports.log.error({ err: cause }, this.#failure);
    }
  }

  async #keep({ mark, storeFormat, stored }: KeptState, isLast: boolean): Promise<void> {
    if (this.#noted !== mark.revision) {
      await this.#history.write(mark);
      this.#noted = mark.revision;
    }
    if (this.#lastCopy === undefined || !(isLast || this.#isCopyDue(mark.revision))) return;
    const { clock } = this.#ports;
    this.#copied = { revision: mark.revision, at: clock.monotonic() };
    const savedAt = new Date(clock.now());
    await this.#lastCopy.write({ mark, storeFormat, savedAt, documents: stored() });
  }

  #isCopyDue(revision: number): boolean {
    const { clock, terms } = this.#ports;
    const { revision: copied, at } = this.#copied;
    if (copied < 0) return true;
    const unchangedMs = Math.min(UNCHANGED_COPY_MS, terms.maxStalenessMs * UNCHANGED_PART);
    return clock.monotonic() - at >= (copied === revision ? unchangedMs : LAST_COPY_MS);
  }
}
