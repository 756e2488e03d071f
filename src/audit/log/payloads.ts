import type { Clock } from '../../shared/clock.js';
import { IsoTime } from '../../shared/iso-time.js';
import { withoutLoneSurrogates } from '../../shared/well-formed-json.js';
import type { AuditRecordType, RecordOf } from '../record/index.js';
import { MAX_RECORD_BYTES } from '../record/limits.js';
import { ENVELOPE_BYTES } from './encode-lines.js';
import { fitFields } from './fit-fields.js';

/** What is written into every record for whoever makes it. */
type Envelope = 'schema' | 'sequence' | 'previous' | 'time' | 'replica' | 'type' | 'cut';

/** What a record of a type says beside the envelope. Fields that are undefined are left out. */
export type FieldsOf<Type extends AuditRecordType> = {
  readonly [Name in keyof Omit<RecordOf<Type>, Envelope>]: RecordOf<Type>[Name];
};

const PLAIN = /^[\x20-\x7e]*$/;
const NOT_PLAIN = /[^\x20-\x7e]/g;
const MAX_PAYLOAD_BYTES = MAX_RECORD_BYTES - ENVELOPE_BYTES;

/**
 * Writes records as far as they are known before they have a place in the log: from the time on,
 * without an opening brace. What is not ASCII is escaped, so that a line has as many bytes as
 * characters, and nothing that a client sent can move a terminal's cursor. Texts are well-formed
 * Unicode, because many programs stop at a line that is not. A record that would be longer than
 * {@link MAX_RECORD_BYTES} is cut, and says in `cut` where.
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
    const head = `"time":"${this.#time.now()}","replica":${this.#replica},"type":"${type}"`;
    const payload = withFields(head, fields);
    if (payload.length <= MAX_PAYLOAD_BYTES) return payload;
    const { fields: shorter, cut } = fitFields(
      fields,
      (fitted) =>
        withFields(head, { ...fitted.fields, cut: fitted.cut }).length <= MAX_PAYLOAD_BYTES,
    );
    return withFields(head, { ...shorter, cut });
  }

  /** Now, as records have it. */
  now(): string {
    return this.#time.now();
  }
}

function withFields(head: string, fields: object): string {
  const rest = JSON.stringify(fields);
  const payload = rest === '{}' ? `${head}}` : `${head},${rest.slice(1)}`;
  const wellFormed = withoutLoneSurrogates(payload);
  return PLAIN.test(wellFormed) ? wellFormed : wellFormed.replaceAll(NOT_PLAIN, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
