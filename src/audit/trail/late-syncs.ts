import type { Payloads } from '../log/payloads.js';
import type { FieldsOf } from '../record/index.js';

/**
 * Answers that went out when their records were written and not yet on the disk, as
 * `lateSync: answer` allows. A power cut in between would have taken the records.
 */
export class LateSyncs {
  readonly #payloads: Payloads;
  readonly #write: (fields: FieldsOf<'late-sync'>) => void;
  #from = '';
  #answers = 0;
  #outstanding = 0;

  /**
   * @param write called when all of them are on the disk, and when it is known that some are not
   */
  constructor(payloads: Payloads, write: (fields: FieldsOf<'late-sync'>) => void) {
    this.#payloads = payloads;
    this.#write = write;
  }

  /**
   * Counts an answer.
   *
   * @param durable its record is on the disk, or the sync has failed
   */
  count(durable: Promise<unknown>): void {
    if (this.#answers === 0) this.#from = this.#payloads.now();
    this.#answers += 1;
    this.#outstanding += 1;
    const end = (): void => {
      this.#outstanding -= 1;
      if (this.#outstanding === 0) this.tell();
    };
    durable.then(end, end);
  }

  /** Records those that were counted since the last record of this kind. */
  tell(): void {
    if (this.#answers === 0) return;
    const answers = this.#answers;
    this.#answers = 0;
    this.#write({ from: this.#from, to: this.#payloads.now(), answers });
  }
}
