import type { z } from 'zod';

/** One schema of a collection's documents. */
export interface DocumentFormat<Value> {
  /** From 1 on. */
  readonly number: number;
  readonly schema: z.ZodType<Value>;
  /** True for a schema of the text of the contents, which keeps it, and not of what that says. */
  readonly isOfText?: true;
}

/**
 * A collection of documents of one kind. A program reads and writes its newest format and the one
 * before it, so that replicas of two versions can work side by side.
 */
export interface CollectionDefinition<Value, Previous = never> {
  /** 1 to 40 characters of `a-z` and `-`. */
  readonly name: string;
  readonly newest: DocumentFormat<Value>;
  /**
   * True where whoever reads the documents is told of a damaged one, and decides what goes on
   * without it. In other collections the last good contents go on being used, and nothing else is.
   */
  readonly tellsDamage?: true;
  /** The format before, and the ways between the two; absent for a collection's first format. */
  readonly previous?: DocumentFormat<Previous> & {
    /** The store's format from which on the newest one is written. */
    readonly until: number;
    readonly upgrade: (value: Previous) => Value;
    /** @throws for a value that the format before cannot say */
    readonly downgrade: (value: Value) => Previous;
  };
}

/** A document as a replica has it in memory. */
export type StateDocument<Value> =
  | {
      readonly kind: 'value';
      readonly id: string;
      readonly revision: number;
      readonly value: Value;
    }
  | { readonly kind: 'removed'; readonly id: string; readonly revision: number }
  /** There, and of no use to this program: it is named and left as it is. */
  | {
      readonly kind: 'newer-version' | 'damaged';
      readonly id: string;
      readonly revision: number;
      readonly problem: string;
    };
