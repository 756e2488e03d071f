import { checkpointLine } from '../checkpoint-line.js';
import { type FacilityName, priorityOf, quietPriority } from './priority.js';

/** More than the log writes before the type: sequence, hash, time and the name of the replica. */
const HEAD_BYTES = 1024;
/** A quotation mark in a text of the record is escaped, so nothing that a client sent looks like this. */
const HEAD =
  /"time":"(?<time>[^"]{24})","replica":"(?:[^"\\]|\\.)*","type":"(?<type>[a-z-]{1,32})"/;
const FAILURE = Buffer.from(',"result":"failure"');
const NIL = '-';

/** Who sends messages, for their headers. */
export interface MessageSender {
  readonly facility: FacilityName;
  readonly hostname: string;
  readonly appName: string;
  readonly processId: number;
}

/** Puts lines of the log into syslog messages (RFC 5424), framed by counting octets (RFC 5425, section 4.3). */
export class SyslogMessages {
  readonly #facility: FacilityName;
  readonly #sender: string;

  constructor({ facility, hostname, appName, processId }: MessageSender) {
    this.#facility = facility;
    this.#sender = `${hostname} ${appName} ${processId}`;
  }

  /** @param lines without their line feeds; ASCII, as the log has them */
  records(lines: readonly Buffer[]): Buffer {
    const parts: Buffer[] = [];
    for (const line of lines) {
      const { time = NIL, type = NIL } =
        HEAD.exec(line.toString('latin1', 0, HEAD_BYTES))?.groups ?? {};
      const priority = priorityOf(this.#facility, type, line.includes(FAILURE));
      parts.push(this.#head(priority, time, type, line.length), line);
    }
    return Buffer.concat(parts);
  }

  /**
   * @param notes signed notes
   * @param time now, as records have it: a checkpoint does not say when it was signed
   */
  checkpoints(notes: readonly string[], time: string): Buffer {
    const parts: Buffer[] = [];
    for (const note of notes) {
      const line = Buffer.from(checkpointLine(note), 'latin1');
      const priority = quietPriority(this.#facility);
      parts.push(this.#head(priority, time, 'checkpoint', line.length), line);
    }
    return Buffer.concat(parts);
  }

  /** No structured data: it would need an enterprise number, and the line says everything. */
  #head(priority: number, time: string, messageId: string, lineBytes: number): Buffer {
    const header = `<${priority}>1 ${time} ${this.#sender} ${messageId} - `;
    return Buffer.from(`${header.length + lineBytes} ${header}`, 'latin1');
  }
}
