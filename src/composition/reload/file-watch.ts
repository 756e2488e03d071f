import {
  changedFiles,
  digestsOf,
  type FileDigests,
} from '../../configuration/changes/file-digests.js';
import type { Clock } from '../../shared/clock.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import { reasonOf } from '../../shared/reason-of.js';
import { Rounds } from '../../shared/rounds.js';

const EVERY_MS = 5_000;
/** The time for which a failure is expected to end by itself: files are replaced one by one. */
const PATIENCE_MS = 30_000;
/** The longest wait before the same files are tried again. Each try may be a login that fails. */
const LONGEST_WAIT_MS = 300_000;

/** The parts of a watch. */
export interface FileWatchPorts {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<OperatorLog, 'info'>;
  /** The content of the files when the generation in force was made. */
  readonly inForce: () => FileDigests;
  /** Puts in force what they contain now. */
  readonly refresh: () => Promise<unknown>;
  /** Tells whether only other files can help, and trying these again may do harm. */
  readonly isFinal: (error: unknown) => boolean;
  /** Tells a failure that does not end by itself. */
  readonly onFailure: (error: unknown) => void;
  /** Tells that the files are as they are in force, after a failure. */
  readonly onAsBefore: () => void;
}

/** Files that could not be taken. */
interface Failure {
  readonly content: FileDigests;
  readonly error: unknown;
  /** Before they are tried again, by the monotonic clock: for ever where that may do harm. */
  readonly waitMs: number;
  readonly failedAt: number;
}

/**
 * Looks every 5 s at the content of the files of certificates, keys and secrets, through links: it
 * sees changes in mounted folders too, of which the system does not tell. What has changed is put
 * in force; a certificate without its key is tried again for 30 s before anybody is told. From then
 * on the same files are tried less and less often, and others at once.
 */
export class FileWatch {
  readonly #ports: FileWatchPorts;
  readonly #rounds = new Rounds(EVERY_MS, () => this.#look());
  /** The content that was taken last, and the content of the generation that it was taken for. */
  #taken: { readonly from: FileDigests; readonly content: FileDigests } | undefined;
  #failingSince: number | undefined;
  #told: string | undefined;
  #failure: Failure | undefined;

  constructor(ports: FileWatchPorts) {
    this.#ports = ports;
    this.#rounds.start();
  }

  /** Looks now, once at a time. Never rejects. */
  look(): Promise<void> {
    return this.#rounds.run();
  }

  /** Looks no more, once it has finished. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #look(): Promise<void> {
    const inForce = this.#ports.inForce();
    const known = this.#taken?.from === inForce ? this.#taken.content : inForce;
    const content = digestsOf([...inForce.keys()]);
    const changed = changedFiles(known, content);
    if (changed.length === 0) {
      if (this.#told !== undefined) this.#ports.onAsBefore();
      this.#fits();
      return;
    }
    const before = this.#failureOf(content);
    const { clock } = this.#ports;
    if (before !== undefined && clock.monotonic() - before.failedAt < before.waitMs) {
      this.#failed(before.error, changed);
      return;
    }
    try {
      await this.#ports.refresh();
      this.#taken = { from: this.#ports.inForce(), content };
      this.#fits();
    } catch (error) {
      this.#failed(error, changed);
      const waitMs = this.#waitMs(error, before);
      this.#failure = { content, error, waitMs, failedAt: clock.monotonic() };
    }
  }

  /** The failure of the same files. */
  #failureOf(content: FileDigests): Failure | undefined {
    const failure = this.#failure;
    const isOfThem = failure !== undefined && changedFiles(failure.content, content).length === 0;
    return isOfThem ? failure : undefined;
  }

  #waitMs(error: unknown, before: Failure | undefined): number {
    if (this.#ports.isFinal(error)) return Number.POSITIVE_INFINITY;
    if (this.#isPatient) return 0;
    return Math.min(2 * Math.max(before?.waitMs ?? 0, EVERY_MS), LONGEST_WAIT_MS);
  }

  /** True while a failure may end by itself. */
  get #isPatient(): boolean {
    const { clock } = this.#ports;
    return clock.monotonic() - (this.#failingSince ?? clock.monotonic()) < PATIENCE_MS;
  }

  #fits(): void {
    this.#failingSince = undefined;
    this.#told = undefined;
    this.#failure = undefined;
  }

  #failed(error: unknown, changed: readonly string[]): void {
    const { clock, log, onFailure } = this.#ports;
    this.#failingSince ??= clock.monotonic();
    const reason = reasonOf(error);
    if (this.#isPatient) {
      log.info({ files: changed, reason }, 'files have changed and do not fit; tried again');
    } else if (this.#told !== reason) {
      this.#told = reason;
      onFailure(error);
    }
  }
}
