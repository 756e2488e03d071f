import type { Clock } from '../../shared/clock.js';
import { IsoTime } from '../../shared/iso-time.js';
import type { AuditRecordType, FieldsOf } from '../record/index.js';
import { MAX_FIELDS_BYTES } from '../record/limits.js';
import { asciiJson, recordJson } from '../record/record-json.js';

/**
 * Writes records as far as they are known before they have a place in the log: from the time on,
 * without an opening brace. A record that would be longer than records may be is cut, and says in
 * `cut` where.
 */
export class Payloads {
  readonly #time: IsoTime;
  readonly #replica: string;

  /** @param replica as it is configured */
  constructor(replica: string, clock: Pick<Clock, 'now'>) {
    this.#time = new IsoTime(clock);
    this.#replica = asciiJson(replica);
  }

  /** Fields that are undefined are left out. */
  of<Type extends AuditRecordType>(type: Type, fields: FieldsOf<Type>): string {
    return this.around(type, recordJson(fields, MAX_FIELDS_BYTES));
  }

  /** @param json the record's fields, as `recordJson` writes them */
  around(type: AuditRecordType, json: string): string {
    const head = `"time":"${this.#time.now()}","replica":${this.#replica},"type":"${type}"`;
    return json === '{}' ? `${head}}` : `${head},${json.slice(1)}`;
  }

  /** Now, as records have it. */
  now(): string {
    return this.#time.now();
  }
}
