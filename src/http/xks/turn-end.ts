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
  #ended: Promise<void> | undefined;
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

  /** Resolves at the end of the turn. @returns undefined where strangers would come first */
  wait(): Promise<void> | undefined {
    if (this.#turns.isScheduled) return undefined;
    this.#ended ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#ended = undefined;
        this.#measure();
        resolve();
      });
    });
    return this.#ended;
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
