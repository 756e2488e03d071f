import type { Clock } from '../../shared/clock.js';
import type { NoteSigner } from '../../transparency-log/signed-note.js';
import type { Durability } from './append-only-file.js';
import type { CheckpointSchedule, OpenSegment } from './checkpoint-writer.js';
import type { LogState } from './encode-lines.js';
import type { Payloads } from './payloads.js';

/** Size and age at which a segment is closed and the next one begun. */
export interface SegmentLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** The listener to a log: it hears what became part of it, and what failed. */
export interface LogListener {
  /** Whole lines, in the file. */
  committed(lines: Buffer): void;
  /** A signed note, on the disk. */
  checkpoint(note: string): void;
  /**
   * A checkpoint could not be made, or a closed segment not be closed. Nothing is lost: more of the
   * log is unsigned.
   */
  failed(error: unknown): void;
  /**
   * Tells that written records could not be brought to the disk. Nothing is signed or added until
   * they are there after all.
   */
  inDoubt(error: unknown): void;
  /** Tells that the disk is full. Requests under way have room; no other may begin. */
  full(error: unknown): void;
}

/** The two steps of a record. */
export interface AppendSteps {
  /** Its sequence; undefined as long as the record is not in the log. */
  readonly written: number | undefined;
  /**
   * Resolves to its sequence when the record is as durable as the configuration asks. Rejects
   * where it is not in the log, or where it is, and nobody knows whether it is on the disk.
   */
  readonly durable: Promise<number>;
}

/** The ports that a log is written with. */
export interface AuditLogPorts {
  /** The folder of the log; its lock is held. */
  readonly directory: string;
  readonly durability: Durability;
  readonly segments: SegmentLimits;
  readonly checkpoints: CheckpointSchedule;
  readonly signer: NoteSigner;
  readonly payloads: Payloads;
  readonly clock: Clock;
  readonly listener: LogListener;
}

/** The place where a log stands when it is opened. */
export interface LogPosition {
  readonly state: LogState;
  /** Absent where the next record begins a segment. */
  readonly segment: OpenSegment | undefined;
  /** Time at which the segment was begun, in ms since 1970. */
  readonly segmentBegunAt: number;
  /** Size of the last checkpoint there is; 0 without any. */
  readonly signedSize: number;
}
