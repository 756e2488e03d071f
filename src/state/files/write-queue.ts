/** A queue of writes: one after the other for each name, while other names go on. */
export class WriteQueue {
  /** Neither these nor the next one reject. */
  readonly #last = new Map<string, Promise<void>>();
  #alone: Promise<void> = Promise.resolve();

  /** Does something when everything before it of the same name is over. */
  run<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    const running = Promise.all([this.#last.get(name), this.#alone]).then(work);
    const over = isOver(running).then(() => {
      if (this.#last.get(name) === over) this.#last.delete(name);
    });
    this.#last.set(name, over);
    return running;
  }

  /** Does something when everything before it is over, and before everything after it. */
  runAlone<T>(work: () => Promise<T> | T): Promise<T> {
    const running = Promise.all([...this.#last.values(), this.#alone]).then(work);
    this.#alone = isOver(running);
    return running;
  }

  /** Resolves when nothing is under way. */
  settle(): Promise<void> {
    return this.runAlone(() => undefined);
  }
}

function isOver(work: Promise<unknown>): Promise<void> {
  const nothing = () => undefined;
  return work.then(nothing, nothing);
}
