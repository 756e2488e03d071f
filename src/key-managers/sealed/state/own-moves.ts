/** The moves of keys that this process makes, or has made, by their names. */
export class OwnMoves {
  readonly #own = new Map<string, 'under way' | 'over'>();

  /** Notes one that begins, or that an earlier process had begun. */
  begin(move: string): void {
    this.#own.set(move, 'under way');
  }

  /** Notes that one has come to nothing: another process may take it up again. */
  giveUp(move: string): void {
    this.#own.set(move, 'over');
  }

  /** True for one that this process has begun, whatever came of it. */
  has(move: string): boolean {
    return this.#own.has(move);
  }

  /** True for one that this process makes, or has made to its end. */
  hasMade(move: string): boolean {
    return this.#own.get(move) === 'under way';
  }
}
