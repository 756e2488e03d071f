/**
 * A piece of work that is done once for all who ask before it begins, and once more for those who
 * ask while it is under way.
 */
export class AskedTask {
  readonly #work: () => Promise<void>;
  #isAsked = false;
  #running: Promise<void> | undefined;

  /** @param work does not reject */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Asks for the work. Resolves when nobody's is left to do. */
  ask(): Promise<void> {
    this.#isAsked = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      await this.#work();
    }
    this.#running = undefined;
  }
}
