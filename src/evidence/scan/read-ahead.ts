/** Values of one source that are held until they are asked for. */
const MAX_HELD = 4;

/** A generator that is run ahead of whoever reads it, as far as a few values. */
export class ReadAhead<Value> {
  readonly #held: Value[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(source: AsyncGenerator<Value, void, undefined>) {
    void this.#run(source);
  }

  /**
   * The values in their order.
   *
   * @throws the error of the source, after the values before it
   */
  async *values(): AsyncGenerator<Value, void, undefined> {
    for (;;) {
      const value = this.#held.shift();
      if (value !== undefined) {
        this.#wake();
        yield value;
      } else if (this.#failure !== undefined) {
        throw this.#failure.error;
      } else if (this.#ended) {
        return;
      } else {
        await this.#change();
      }
    }
  }

  async #run(source: AsyncGenerator<Value, void, undefined>): Promise<void> {
    try {
      for await (const value of source) {
        this.#held.push(value);
        this.#wake();
        while (this.#held.length >= MAX_HELD) await this.#change();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#ended = true;
    this.#wake();
  }

  /** Waits for the other side: only one of the two ever has to. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
