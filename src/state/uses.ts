import type { DocumentFormat } from './collection.js';

/** One kind of uses that replicas tell each other. */
export interface UsesDefinition<Value> {
  /** 1 to 40 characters of `a-z` and `-`. */
  readonly name: string;
  readonly format: DocumentFormat<Value>;
  /** Joins what two replicas know: the same in whatever order, and however often. */
  readonly join: (one: Value, other: Value) => Value;
}

/**
 * Uses as they are known on this replica. What was once known stays known, also when the store has
 * lost it: then it is told again. Nothing on a request's way waits for the store.
 */
export interface Uses<Value> {
  /** The uses that were added here, joined with those that others had told at the last telling. */
  get(id: string): Value | undefined;
  /** Adds what was used; it is told the next time. */
  add(id: string, value: Value): void;
  /**
   * Reads what others have told, and tells what they cannot know yet. Where another one tells the
   * same at the same time, it is told the next time.
   *
   * @throws StateError
   */
  tell(): Promise<void>;
  /** True where the store has all that is known here. */
  readonly isTold: boolean;
  /** Reasons why others may have told what is not known here, one sentence each. */
  readonly problems: readonly string[];
}
