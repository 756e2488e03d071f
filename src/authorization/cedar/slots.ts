import type { CedarEngine, PolicyTexts } from './engine.js';

/** Names of the slots. Two: the generation in force, and the one that takes over or drains. */
const SLOTS = ['0', '1'] as const;

/** The error for a third generation of policies beside two that are still in use. */
export class NoSlotError extends Error {
  override readonly name = 'NoSlotError';

  constructor() {
    super('two generations of policies are still in use');
  }
}

/**
 * The two slots of an engine that generations of policies alternate between: what Cedar has parsed
 * under a name is never freed otherwise. A slot is used again when its generation has drained.
 */
export class PolicySlots {
  readonly engine: CedarEngine;
  readonly #free = new Set<string>(SLOTS);

  constructor(engine: CedarEngine) {
    this.engine = engine;
  }

  /** @throws NoSlotError */
  claim(): PolicySlot {
    const [name] = this.#free;
    if (name === undefined) throw new NoSlotError();
    this.#free.delete(name);
    return new PolicySlot(this.engine, name, () => this.#free.add(name));
  }
}

/** The parsed policies of one generation. */
export class PolicySlot {
  readonly engine: CedarEngine;
  readonly #name: string;
  readonly #onRelease: () => void;
  readonly #sets: string[] = [];

  constructor(engine: CedarEngine, name: string, onRelease: () => void) {
    this.engine = engine;
    this.#name = name;
    this.#onRelease = onRelease;
  }

  /**
   * Parses policies.
   *
   * @returns the name to evaluate them by
   * @throws CedarError
   */
  put(policies: PolicyTexts): string {
    const name = `${this.#name}/${this.#sets.length}`;
    this.engine.put(name, policies);
    this.#sets.push(name);
    return name;
  }

  /** Frees everything in the slot, once no request uses it any more. */
  release(): void {
    for (const name of this.#sets) this.engine.clear(name);
    this.#sets.length = 0;
    this.#onRelease();
  }
}
