import type { FieldsOf, Payloads } from '../log/payloads.js';

/** So many requests without a credential are recorded one by one in a minute. */
const RECORDED_A_MINUTE = 100;
const MINUTE_MS = 60_000;

/** Records the first requests of strangers in each minute and counts the others, so that nobody can fill the disk. */
export class Strangers {
  readonly #payloads: Payloads;
  readonly #write: (omitted: FieldsOf<'omitted'>) => void;
  #recorded = 0;
  #omitted = new Map<string, number>();
  #from = '';
  #minute: NodeJS.Timeout | undefined;

  /** @param write called at the end of a minute in which some were left out */
  constructor(payloads: Payloads, write: (omitted: FieldsOf<'omitted'>) => void) {
    this.#payloads = payloads;
    this.#write = write;
  }

  /**
   * @param errorName that the request is answered with
   * @returns whether it is to be recorded by itself
   */
  isRecorded(errorName: string): boolean {
    this.#minute ??= setTimeout(() => {
      this.endMinute();
    }, MINUTE_MS).unref();
    if (this.#recorded < RECORDED_A_MINUTE) {
      this.#recorded += 1;
      return true;
    }
    if (this.#omitted.size === 0) this.#from = this.#payloads.now();
    this.#omitted.set(errorName, 1 + (this.#omitted.get(errorName) ?? 0));
    return false;
  }

  /** Tells what was left out, and begins anew. */
  endMinute(): void {
    clearTimeout(this.#minute);
    this.#minute = undefined;
    this.#recorded = 0;
    if (this.#omitted.size === 0) return;
    const counts = [...this.#omitted.values()];
    this.#write({
      from: this.#from,
      to: this.#payloads.now(),
      count: counts.reduce((sum, count) => sum + count, 0),
      byErrorName: Object.fromEntries(this.#omitted),
    });
    this.#omitted = new Map();
  }
}
