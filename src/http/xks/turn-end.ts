import type { StrangerTurns } from './stranger-turns.js';

/** An event loop that has waited for so long, in ms, has seen all there was. */
export const MIN_IDLE_MS = 0.05;

/**
 * The end of the event loop's current turn. Requests wait for it before their bodies are taken:
 * by then Node has parsed all that came in, nearly always whole bodies, and each step after that
 * is taken for all requests of the turn in a row, while its code is in the processor's caches.
 */
export class TurnEnd {
  readonly #turns: Pick<StrangerTurns, 'isScheduled'>;
  #isScheduled = false;
  #ended: Promise<void> | undefined;
  #end: (() => void) | undefined;
  #endedAt = 0;
  #idleMs = 0;
  #turnMs = 0;
  #unseenMs = 0;

  /** @param turns of strangers, who would come before the end of this turn */
  constructor(turns: Pick<StrangerTurns, 'isScheduled'>) {
    this.#turns = turns;
  }

  /**
   * The time, on average, that the requests of this turn have waited unseen: what arrives while a
   * turn goes on lies in the kernel until the next one. In ms; 0 where the event loop was idle, and
   * after a single long turn: a stall is no overload, and what came in it can be served.
   */
  get unseenMs(): number {
    return this.#unseenMs;
  }

  /**
   * Resolves at the end of the turn, or when the turn is full. @returns undefined where strangers
   * would come first
   */
  wait(): Promise<void> | undefined {
    if (this.#turns.isScheduled) return undefined;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#measure();
        this.endWait();
      });
    }
    this.#ended ??= new Promise((resolve) => {
      this.#end = resolve;
    });
    return this.#ended;
  }

  /**
   * Ends the wait before the turn does. Where the rest of a turn is turned away, what was let in
   * need not wait for a thousand refusals, and is answered at the beginning of the next turn.
   */
  endWait(): void {
    this.#end?.();
    this.#end = undefined;
    this.#ended = undefined;
  }

  #measure(): void {
    const now = performance.now();
    const { idle } = performance.eventLoopUtilization();
    const wasBusy = idle - this.#idleMs < MIN_IDLE_MS;
    const turnMs = wasBusy ? now - this.#endedAt : 0;
    this.#unseenMs = Math.min(turnMs, this.#turnMs) / 2;
    this.#turnMs = turnMs;
    this.#endedAt = now;
    this.#idleMs = idle;
  }
}
