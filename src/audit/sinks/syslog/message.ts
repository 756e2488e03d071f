import { checkpointLine } from '../checkpoint-line.js';

/** @see RFC 5424, section 6.2.1, table 1 */
const FACILITIES = {
  audit: 13,
  auth: 4,
  authpriv: 10,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

/** @see RFC 5424, section 6.2.1, table 2 */
const CRITICAL = 2;
const WARNING = 4;
const NOTICE = 5;
const INFORMATIONAL = 6;

/** Types of records that tell of something that should not have happened. */
const ALARMING: ReadonlySet<string> = new Set([
  'recovery',
  'gap',
  'late-sync',
  'sink-gap',
  'abandoned',
]);
/** Types of records of what strangers do all day. */
const OF_STRANGERS: ReadonlySet<string> = new Set(['unauthenticated', 'omitted']);

/** Name of a facility in the configuration. */
export type FacilityName = keyof typeof FACILITIES;

/** Names of the facilities that an audit log may be sent under. */
export const FACILITY_NAMES = Object.keys(FACILITIES) as FacilityName[];

/** More than the log writes before the type: sequence, hash, time and the name of the replica. */
const HEAD_BYTES = 1024;
/** Quotes within a text of the record are escaped: nothing that a client sent looks like this. */
const HEAD =
  /"time":"(?<time>[^"]{24})","replica":"(?:[^"\\]|\\.)*","type":"(?<type>[a-z-]{1,32})"/;
const FAILURE = Buffer.from(',"result":"failure"');
/** Events by their severity, where it is not the lowest. */
const SEVERITIES = [
  { mark: Buffer.from(',"severity":"critical"'), severity: CRITICAL },
  { mark: Buffer.from(',"severity":"warning"'), severity: WARNING },
] as const;
const NIL = '-';

/** The sender of messages, as their headers name it. */
export interface MessageSender {
  readonly facility: FacilityName;
  readonly hostname: string;
  readonly appName: string;
  readonly processId: number;
}

/**
 * Writer of syslog messages (RFC 5424) with lines of the log in them, framed by counting octets
 * (RFC 5425, section 4.3).
 */
export class SyslogMessages {
  readonly #facility: FacilityName;
  readonly #sender: string;

  constructor({ facility, hostname, appName, processId }: MessageSender) {
    this.#facility = facility;
    this.#sender = `${hostname} ${appName} ${processId}`;
  }

  /**
   * Puts records into messages.
   *
   * @param lines without their line feeds; ASCII, as the log has them
   */
  records(lines: readonly Buffer[]): Buffer {
    const parts: Buffer[] = [];
    for (const line of lines) {
      const { time = NIL, type = NIL } =
        HEAD.exec(line.toString('latin1', 0, HEAD_BYTES))?.groups ?? {};
      const priority = FACILITIES[this.#facility] * 8 + severityOf(type, line);
      parts.push(this.#head(priority, time, type, line.length), line);
    }
    return Buffer.concat(parts);
  }

  /**
   * Puts checkpoints into messages.
   *
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

/** Priority of a message that tells of nothing unusual. */
function quietPriority(facility: FacilityName): number {
  return FACILITIES[facility] * 8 + INFORMATIONAL;
}

/** Finds the severity of a message with a record of a type in it. */
function severityOf(type: string, line: Buffer): number {
  if (OF_STRANGERS.has(type)) return NOTICE;
  if (type === 'event') {
    return SEVERITIES.find(({ mark }) => line.includes(mark))?.severity ?? INFORMATIONAL;
  }
  return ALARMING.has(type) || line.includes(FAILURE) ? WARNING : INFORMATIONAL;
}
