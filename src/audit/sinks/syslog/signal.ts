/** Wakes the one who waits for something to do. */
export class Signal {
  #isSet = false;
  #wake: (() => void) | undefined;

  /** Wakes the one who waits, or the next one who would. */
  set(): void {
    this.#isSet = true;
    this.#wake?.();
  }

  /** @param timeoutMs after which it resolves in any case */
  async wait(timeoutMs?: number): Promise<void> {
    if (!this.#isSet) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (timeoutMs === undefined) return;
        const timer = setTimeout(resolve, timeoutMs).unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#isSet = false;
  }
}
