/** Work that is done again and again, never twice at once. The process does not stay for it. */
export class Rounds {
  readonly #everyMs: number;
  readonly #work: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;

  /**
   * @param everyMs between the beginnings of two rounds
   * @param work of one round; must not reject in one that the timer begins
   */
  constructor(everyMs: number, work: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#work = work;
  }

  /** Begins: the first round comes after the time between two. */
  start(): void {
    this.#timer = setInterval(() => void this.run(), this.#everyMs).unref();
  }

  /** Runs a round now, or waits for the one that is under way. @throws what the work throws */
  run(): Promise<void> {
    this.#underWay ??= this.#work().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  /** Begins no round by itself any more, and waits for the one that is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
  }
}
