import type { Clock } from '../../shared/clock.js';
import { IsoTime } from '../../shared/iso-time.js';
import { withoutLoneSurrogates } from '../../shared/well-formed-json.js';
import type { AuditRecordType, RecordOf } from '../record/index.js';

/** What is written into every record for whoever makes it. */
type Envelope = 'schema' | 'sequence' | 'previous' | 'time' | 'replica' | 'type';

/** What a record of a type says beside the envelope. Fields that are undefined are left out. */
export type FieldsOf<Type extends AuditRecordType> = {
  readonly [Name in keyof Omit<RecordOf<Type>, Envelope>]: RecordOf<Type>[Name];
};

const PLAIN = /^[\x20-\x7e]*$/;
const NOT_PLAIN = /[^\x20-\x7e]/g;

/**
 * Writes records as far as they are known before they have a place in the log: from the time on,
 * without an opening brace. What is not ASCII is escaped, so that a line has as many bytes as
 * characters, and nothing that a client sent can move a terminal's cursor. Texts are well-formed
 * Unicode, because many programs stop at a line that is not.
 */
export class Payloads {
  readonly #time: IsoTime;
  readonly #replica: string;

  /** @param replica as it is configured */
  constructor(replica: string, clock: Pick<Clock, 'now'>) {
    this.#time = new IsoTime(clock);
    this.#replica = JSON.stringify(replica);
  }

  of<Type extends AuditRecordType>(type: Type, fields: FieldsOf<Type>): string {
    const rest = JSON.stringify(fields);
    const head = `"time":"${this.#time.now()}","replica":${this.#replica},"type":"${type}"`;
    const payload = rest === '{}' ? `${head}}` : `${head},${rest.slice(1)}`;
    const wellFormed = withoutLoneSurrogates(payload);
    return PLAIN.test(wellFormed) ? wellFormed : wellFormed.replaceAll(NOT_PLAIN, escaped);
  }

  /** Now, as records have it. */
  now(): string {
    return this.#time.now();
  }
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
