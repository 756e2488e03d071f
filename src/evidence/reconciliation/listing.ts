import type { Listed } from './outcome.js';

/** Maximum things that are kept; a wrong input has millions. */
const MAX_LISTED = 10_000;

/** Counts things and keeps the first of them. */
export class Listing<Item> {
  readonly #first: Item[] = [];
  #count = 0;

  add(item: Item): void {
    this.#count += 1;
    if (this.#first.length < MAX_LISTED) this.#first.push(item);
  }

  /** The count and the first things that were added. */
  listed(): Listed<Item> {
    return { count: this.#count, first: this.#first };
  }
}
