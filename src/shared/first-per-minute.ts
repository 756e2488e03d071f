import { MINUTE_MS } from './durations.js';

/** Kinds may be made of what servers say; beyond these, all others are one kind. */
const MAX_KINDS = 100;
const OTHERS = 'others';

/** The number of events that are told one by one in a minute. */
export interface TellingLimit {
  readonly told: number;
  /** True when each kind is given so many, and not all of them together. */
  readonly ofEachKind: boolean;
}

/** The events that were left out in a minute. */
export interface Omitted {
  /** Times between which all of them were, ISO 8601. */
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
  readonly #limit: TellingLimit;
  readonly #told = new Map<string, number>();
  #omitted = new Map<string, number>();
  #from = '';
  #minute: NodeJS.Timeout | undefined;

  /**
   * @param now ISO 8601
   * @param tellOmitted called at the end of a minute in which some were left out
   */
  constructor(
    now: () => string,
    tellOmitted: (omitted: Omitted) => void,
    limit: TellingLimit = { told: 100, ofEachKind: false },
  ) {
    this.#now = now;
    this.#tellOmitted = tellOmitted;
    this.#limit = limit;
  }

  /**
   * @param kind is counted by itself, up to a hundred of them
   * @returns whether the event is to be told by itself
   */
  isTold(kind: string): boolean {
    this.#minute ??= setTimeout(() => {
      this.endMinute();
    }, MINUTE_MS).unref();
    if (this.leavesOut(kind)) return false;
    const group = this.#groupOf(kind);
    this.#told.set(group, 1 + (this.#told.get(group) ?? 0));
    return true;
  }

  /**
   * Counts an event that is not to be told.
   *
   * @returns false, and has counted nothing, for one that is
   */
  leavesOut(kind: string): boolean {
    if ((this.#told.get(this.#groupOf(kind)) ?? 0) < this.#limit.told) return false;
    if (this.#omitted.size === 0) this.#from = this.#now();
    const counted = boundedKind(this.#omitted, kind);
    this.#omitted.set(counted, 1 + (this.#omitted.get(counted) ?? 0));
    return true;
  }

  #groupOf(kind: string): string {
    return this.#limit.ofEachKind ? boundedKind(this.#told, kind) : OTHERS;
  }

  /** Tells what was left out, and begins anew. */
  endMinute(): void {
    clearTimeout(this.#minute);
    this.#minute = undefined;
    this.#told.clear();
    if (this.#omitted.size === 0) return;
    const byKind = Object.fromEntries(this.#omitted);
    const count = [...this.#omitted.values()].reduce((sum, each) => sum + each, 0);
    this.#omitted = new Map();
    this.#tellOmitted({ from: this.#from, to: this.#now(), count, byKind });
  }
}

function boundedKind(counts: ReadonlyMap<string, number>, kind: string): string {
  return counts.has(kind) || counts.size < MAX_KINDS ? kind : OTHERS;
}
