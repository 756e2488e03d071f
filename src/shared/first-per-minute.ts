/** So many are told one by one in a minute. */
const TOLD_A_MINUTE = 100;
const MINUTE_MS = 60_000;

/** What was left out in a minute. */
export interface Omitted {
  /** When the first and the last of them can have been, ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly byKind: Readonly<Record<string, number>>;
}

/**
 * The first events of each minute, and the number of the others: what strangers cause is told
 * without letting them fill a disk.
 */
export class FirstPerMinute {
  readonly #now: () => string;
  readonly #tellOmitted: (omitted: Omitted) => void;
  #told = 0;
  #omitted = new Map<string, number>();
  #from = '';
  #minute: NodeJS.Timeout | undefined;

  /**
   * @param now ISO 8601
   * @param tellOmitted called at the end of a minute in which some were left out
   */
  constructor(now: () => string, tellOmitted: (omitted: Omitted) => void) {
    this.#now = now;
    this.#tellOmitted = tellOmitted;
  }

  /**
   * @param kind one of a few: each is counted by itself
   * @returns whether the event is to be told by itself
   */
  isTold(kind: string): boolean {
    this.#minute ??= setTimeout(() => {
      this.endMinute();
    }, MINUTE_MS).unref();
    if (this.#told < TOLD_A_MINUTE) {
      this.#told += 1;
      return true;
    }
    if (this.#omitted.size === 0) this.#from = this.#now();
    this.#omitted.set(kind, 1 + (this.#omitted.get(kind) ?? 0));
    return false;
  }

  /** Tells what was left out, and begins anew. */
  endMinute(): void {
    clearTimeout(this.#minute);
    this.#minute = undefined;
    this.#told = 0;
    if (this.#omitted.size === 0) return;
    const byKind = Object.fromEntries(this.#omitted);
    const count = [...this.#omitted.values()].reduce((sum, each) => sum + each, 0);
    this.#omitted = new Map();
    this.#tellOmitted({ from: this.#from, to: this.#now(), count, byKind });
  }
}
