import { rm } from 'node:fs/promises';
import { formatVerifierKey } from '../../transparency-log/signed-note.js';
import { SegmentTimes } from '../read/segment-times.js';
import { segmentPath } from '../read/segments.js';
import { CheckpointWriter, type OpenSegment } from './checkpoint-writer.js';
import { encodeLines, type LogState } from './encode-lines.js';
import { FileCalls } from './file-calls.js';
import { GroupCommit } from './group-commit.js';
import type { AppendSteps, AuditLogPorts, LogPosition } from './log-ports.js';
import { PeriodicSync } from './periodic-sync.js';
import { Reserve } from './reserve.js';
import { AppendOnlyFile } from './append-only-file.js';

/** The beginning of a segment takes several calls, and each a turn of the event loop. */
const STUCK_BEGINNING_MS = 3_000;

/**
 * The audit log: records in segments, which are appended to and never changed, under a Merkle tree
 * whose root is signed by a schedule. A write that fails leaves the log as it was.
 */
export class AuditLog {
  readonly #ports: AuditLogPorts;
  readonly #commit: GroupCommit;
  readonly #checkpoints: CheckpointWriter;
  readonly #sizeFound: number;
  readonly #beginnings: FileCalls;
  readonly #reserve: Reserve;
  /** Absent where each record is synced anyway. */
  readonly #periodicSync: PeriodicSync | undefined;
  #lastFailure: unknown;
  #state: LogState;
  #segment: OpenSegment | undefined;
  #segmentBegunAt: number;

  constructor(ports: AuditLogPorts, position: LogPosition) {
    const { directory, signer, clock, listener } = ports;
    this.#ports = ports;
    this.#state = position.state;
    this.#segment = position.segment;
    this.#segmentBegunAt = position.segmentBegunAt;
    this.#sizeFound = position.state.tree.size;
    this.#beginnings = new FileCalls(clock);
    this.#reserve = new Reserve(directory);
    const { everyRecords } = ports.checkpoints;
    const isSynced = ports.durability === 'synced';
    const sync = () => this.#sync();
    this.#periodicSync = isSynced ? undefined : new PeriodicSync(sync, clock);
    this.#commit = new GroupCommit({
      write: (payloads) => this.#writeWithReserve(payloads),
      sync: isSynced ? sync : undefined,
      clock,
      maxBatchRecords: everyRecords,
    });
    this.#checkpoints = new CheckpointWriter(
      {
        directory,
        signer,
        clock,
        schedule: ports.checkpoints,
        onDue: () => void this.sign(),
        onCheckpoint: (note) => {
          listener.checkpoint(note);
        },
        onFailure: (error) => {
          this.#failedToSign(error);
        },
      },
      this.#sizeFound,
      position.signedSize,
    );
  }

  /** Number of records, which is the sequence of the next one. */
  get size(): number {
    return this.#state.tree.size;
  }

  /**
   * Sequence of the first record of the segment that is being written; undefined before the first
   * write.
   */
  get openSegment(): number | undefined {
    return this.#segment?.first;
  }

  /**
   * Tells whether records wait for a call of the file system that takes longer than on disks that
   * work.
   *
   * @param syncMs limit for a sync
   */
  async isStuck(syncMs: number): Promise<boolean> {
    const limitMs = this.#ports.durability === 'synced' ? syncMs : undefined;
    if ((await this.#segment?.file.isStuck(limitMs)) === true) return true;
    return this.#beginnings.isStuck(STUCK_BEGINNING_MS);
  }

  /**
   * Adds a record.
   *
   * @param payload as `Payloads` makes it
   * @returns its sequence, when it is as durable as the configuration asks
   * @throws the file system's error, or LogOverrunError; then it is not in the log
   */
  append(payload: string): Promise<number> {
    return this.#commit.append(payload).durable;
  }

  /**
   * Adds a record, and returns its two steps: the operating system has it, and it is as durable as
   * the configuration asks.
   *
   * @param payload as `Payloads` makes it
   */
  appendInSteps(payload: string): AppendSteps {
    return this.#commit.append(payload);
  }

  /**
   * Reserves the room for requests that will be under way when the disk is full.
   *
   * @throws the file system's error: ENOSPC where there is none
   */
  async takeReserve(): Promise<void> {
    await this.#reserve.take();
  }

  /**
   * Signs the log as it is. Never rejects.
   *
   * @returns whether there is a checkpoint over every record that was in the log when it was called
   */
  async sign(): Promise<boolean> {
    const { signer } = this.#ports;
    const { tree } = this.#state;
    const checkpoint = { origin: signer.verifierKey.name, size: tree.size, root: tree.root() };
    if (this.#segment === undefined) return tree.size === 0;
    return this.#checkpoints.sign(this.#segment, checkpoint);
  }

  /**
   * Writes the waiting records, signs, and closes the file. What a start has found is not signed
   * before a record tells of it: if that could not be written, the next start finds it again.
   */
  async close(): Promise<void> {
    await this.#commit.close();
    const isUntold = this.size === this.#sizeFound && this.#checkpoints.signedSize < this.size;
    if (!isUntold) await this.sign();
    await this.#checkpoints.close();
    await this.#segment?.file.close();
  }

  /**
   * Brings all records to the disk that were written before the sync begins.
   */
  async #sync(): Promise<void> {
    try {
      // What stands in an earlier segment was brought to the disk when that was closed.
      await this.#segment?.file.sync();
    } catch (error) {
      this.#ports.listener.inDoubt(error);
      throw error;
    }
  }

  #writeWithReserve(payloads: readonly string[]): number | Promise<number> {
    const first = this.#write(payloads);
    if (typeof first === 'number') return first;
    return first.catch(async (error: unknown) => {
      if (!(await this.#reserve.giveUp(error))) throw error;
      this.#ports.listener.full(error);
      return this.#write(payloads);
    });
  }

  #write(payloads: readonly string[]): number | Promise<number> {
    const segment = this.#segment;
    // With the first record of a segment.
    const more = payloads.length + 1;
    if (segment === undefined || this.#isFull(segment) || this.#checkpoints.isOverdue(more)) {
      return this.#makeRoom(more).then((ready) => this.#appendTo(ready, payloads));
    }
    return this.#appendTo(segment, payloads);
  }

  async #makeRoom(more: number): Promise<OpenSegment> {
    await this.#signIfOverdue(more);
    return this.#segmentForWriting();
  }

  #appendTo({ file }: OpenSegment, payloads: readonly string[]): number | Promise<number> {
    const first = this.#state.tree.size;
    const { bytes, state } = encodeLines(this.#state, payloads);
    const appending = file.append(bytes);
    if (appending !== undefined) {
      return appending.then(() => {
        this.#committed(state, bytes);
        return first;
      });
    }
    this.#committed(state, bytes);
    return first;
  }

  /** A server that is killed must not leave more unsigned than the next start takes over. */
  async #signIfOverdue(more: number): Promise<void> {
    if (!this.#checkpoints.isOverdue(more)) return;
    await this.#checkpoints.settled();
    if (!this.#checkpoints.isOverdue(more) || (await this.sign())) return;
    throw this.#lastFailure;
  }

  #failedToSign(error: unknown): void {
    const { listener } = this.#ports;
    this.#lastFailure = error;
    if (this.#segment?.file.hasFailedSync === true) listener.inDoubt(error);
    else listener.failed(error);
  }

  async #segmentForWriting(): Promise<OpenSegment> {
    const segment = this.#segment;
    if (segment !== undefined && !(await this.#mayBeClosed(segment))) return segment;
    return this.#beginnings.run(() => this.#beginSegment());
  }

  /**
   * Tells whether a segment is to be closed, and may be. Where it was signed to its beginning, no
   * more than one closed segment is unsigned, and the next start can ask for that. A segment that
   * cannot be closed grows. The first record after a start tells what that has found, before it is
   * signed.
   */
  async #mayBeClosed(segment: OpenSegment): Promise<boolean> {
    if (!this.#isFull(segment) || this.size === this.#sizeFound) return false;
    if (this.#checkpoints.signedSize < segment.first) await this.#checkpoints.settled();
    return this.#checkpoints.signedSize >= segment.first || (await this.sign());
  }

  #isFull({ file }: OpenSegment): boolean {
    const { segments, clock } = this.#ports;
    return (
      file.hasFailedSync ||
      file.bytes >= segments.maxBytes ||
      clock.now() - this.#segmentBegunAt >= segments.maxAgeMs
    );
  }

  /** The first record of a segment tells what is needed to verify from there on. */
  async #beginSegment(): Promise<OpenSegment> {
    const { directory, signer, payloads, clock } = this.#ports;
    const { tree, times } = this.#state;
    const path = segmentPath(directory, tree.size);
    // A segment that outlives a power cut tells of all before it, so those must outlive it as well.
    await this.#segment?.file.sync();
    const file = await AppendOnlyFile.open(path, 0, clock);
    const begun = { ...this.#state, times: new SegmentTimes(tree.size) };
    const { bytes, state } = encodeLines(begun, [
      payloads.of('segment', {
        origin: signer.verifierKey.name,
        publicKey: formatVerifierKey(signer.verifierKey),
        frontier: [...tree.roots],
        segmentBefore: times?.told,
      }),
    ]);
    try {
      await file.append(bytes);
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    const segment = { first: tree.size, file };
    void this.#closeSegment();
    this.#segment = segment;
    this.#segmentBegunAt = clock.now();
    this.#committed(state, bytes);
    return segment;
  }

  /** Beside the writing of the next one. */
  async #closeSegment(): Promise<void> {
    const closing = this.#segment;
    await this.sign();
    await closing?.file.close().catch((error: unknown) => {
      this.#ports.listener.failed(error);
    });
  }

  #committed(state: LogState, bytes: Buffer): void {
    this.#state = state;
    this.#ports.listener.committed(bytes);
    this.#checkpoints.recordsAdded(state.tree.size);
    this.#periodicSync?.recordsAdded();
  }
}
