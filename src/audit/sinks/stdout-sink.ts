import type { LogDestination } from '../../observability/log-destination.js';
import { checkpointLine } from './checkpoint-line.js';
import type { Carried } from './config.js';
import type { AuditSink } from './sink.js';

/** The settings of a sink to standard output, and the stream that it writes to. */
export interface StdoutSinkPorts {
  readonly name: string;
  readonly carries: Carried;
  readonly stdout: LogDestination;
}

/** Writes lines as they are into the stream of the server's own log, which blocks nobody. */
export class StdoutSink implements AuditSink {
  readonly name: string;
  readonly behind = 0;
  readonly #stdout: LogDestination;
  readonly #carriesRecords: boolean;
  readonly #carriesCheckpoints: boolean;

  constructor({ name, carries, stdout }: StdoutSinkPorts) {
    this.name = name;
    this.#stdout = stdout;
    this.#carriesRecords = carries.includes('records');
    this.#carriesCheckpoints = carries.includes('checkpoints');
  }

  committed(lines: Buffer): void {
    if (this.#carriesRecords) this.#stdout.write(lines.toString('latin1'));
  }

  checkpoint(note: string): void {
    if (this.#carriesCheckpoints) this.#stdout.write(`${checkpointLine(note)}\n`);
  }

  /** The stream is flushed by whoever owns it. */
  async close(): Promise<void> {
    // Nothing is kept back here.
  }
}
