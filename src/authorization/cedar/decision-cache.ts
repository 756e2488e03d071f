import type { Decision } from '../decision.js';

/** Longer keys are of requests that nobody repeats. */
const MAX_KEY_CHARACTERS = 8_192;

/**
 * Decisions by everything that they depend on, a bounded number of them. When the younger half is
 * full, the elder half is forgotten; what is asked for moves to the younger.
 */
export class DecisionCache {
  readonly #halfSize: number;
  #younger = new Map<string, Decision>();
  #elder = new Map<string, Decision>();

  /** @param maxDecisions at least 2 */
  constructor(maxDecisions: number) {
    this.#halfSize = Math.floor(maxDecisions / 2);
  }

  /** The decisions that are remembered. */
  get size(): number {
    return this.#younger.size + this.#elder.size;
  }

  /** The decision that is remembered under a key. */
  get(key: string): Decision | undefined {
    const young = this.#younger.get(key);
    if (young !== undefined) return young;
    const old = this.#elder.get(key);
    if (old === undefined) return undefined;
    this.#elder.delete(key);
    this.set(key, old);
    return old;
  }

  /** Remembers a decision. */
  set(key: string, decision: Decision): void {
    if (key.length > MAX_KEY_CHARACTERS) return;
    if (this.#younger.size >= this.#halfSize) {
      this.#elder = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(key, decision);
  }
}
