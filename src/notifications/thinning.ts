import { definitionOf, type HoldfastEvent } from './events.js';
import type { EventFieldName } from './event-fields.js';

const WINDOW_MS = 60_000;
/** Principals are named by those who call KMS; beyond these, all others share a window. */
const MAX_WINDOWS = 1_000;

/** The minute after an event was told, in which others like it are counted. */
interface Window {
  /** The last of those that were counted. */
  last: Occurrence | undefined;
  repeated: number;
  timer: NodeJS.Timeout;
}

/** An event, and when it happened. */
export interface Occurrence {
  readonly event: HoldfastEvent;
  readonly time: string;
}

/** Tells an event. @param repeated their number, for the last of those that were counted */
type TellOccurrence = (occurrence: Occurrence, repeated?: number) => void;

/**
 * The first event of its kind and subject, and then at most one a minute, with the number of those
 * in between: what callers of KMS can repeat fills neither a disk nor a mailbox.
 */
export class Thinning {
  readonly #tell: TellOccurrence;
  readonly #windows = new Map<string, Window>();

  constructor(tell: TellOccurrence) {
    this.#tell = tell;
  }

  /** Tells an event now, or counts it. */
  add(occurrence: Occurrence): void {
    const { thinnedBy, subject } = definitionOf(occurrence.event.event);
    if (thinnedBy === undefined) {
      this.#tell(occurrence);
      return;
    }
    const key = this.#keyOf(occurrence.event, [...subject, ...thinnedBy]);
    const window = this.#windows.get(key);
    if (window === undefined) {
      this.#windows.set(key, { last: undefined, repeated: 0, timer: this.#endLater(key) });
      this.#tell(occurrence);
      return;
    }
    window.last = occurrence;
    window.repeated += 1;
  }

  /** Tells all that was counted, and begins anew. */
  flush(): void {
    const windows = [...this.#windows.values()];
    this.#windows.clear();
    for (const { timer, last, repeated } of windows) {
      clearTimeout(timer);
      if (last !== undefined) this.#tell(last, repeated);
    }
  }

  #endLater(key: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.#end(key);
    }, WINDOW_MS).unref();
  }

  #end(key: string): void {
    const window = this.#windows.get(key);
    if (window === undefined) return;
    const { last, repeated } = window;
    if (last === undefined) {
      this.#windows.delete(key);
      return;
    }
    this.#windows.set(key, { last: undefined, repeated: 0, timer: this.#endLater(key) });
    this.#tell(last, repeated);
  }

  #keyOf(event: HoldfastEvent, names: readonly EventFieldName[]): string {
    const values: Readonly<Partial<Record<EventFieldName, unknown>>> = event;
    const key = JSON.stringify([event.event, ...names.map((name) => values[name] ?? null)]);
    const isBounded = this.#windows.has(key) || this.#windows.size < MAX_WINDOWS;
    return isBounded ? key : event.event;
  }
}
