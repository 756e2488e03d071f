/** A call to whoever waits for something to do, or to the next one who would. */
export class Signal {
  #isSet = false;
  #wake: (() => void) | undefined;

  /** Wakes the one who waits. */
  set(): void {
    this.#isSet = true;
    this.#wake?.();
  }

  /** Waits until it is set, and takes it back. */
  async wait(): Promise<void> {
    while (!this.#isSet) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isSet = false;
  }
}
