import type { StrangerTurns } from './stranger-turns.js';

/**
 * The end of the event loop's current turn. Requests wait for it before their bodies are taken:
 * by then Node has parsed all that came in, nearly always whole bodies, and each step after that
 * is taken for all requests of the turn in a row, while its code is in the processor's caches.
 */
export class TurnEnd {
  readonly #turns: Pick<StrangerTurns, 'isScheduled'>;
  #ended: Promise<void> | undefined;

  /** @param turns of strangers, who would come before the end of this turn */
  constructor(turns: Pick<StrangerTurns, 'isScheduled'>) {
    this.#turns = turns;
  }

  /** Resolves at the end of the turn. @returns undefined where strangers would come first */
  wait(): Promise<void> | undefined {
    if (this.#turns.isScheduled) return undefined;
    this.#ended ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#ended = undefined;
        resolve();
      });
    });
    return this.#ended;
  }
}
