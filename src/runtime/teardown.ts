/** Stops one thing. @param drainDelayMs how long load balancers are given to notice */
type Stop = (drainDelayMs: number) => Promise<void>;

/** What has been started and has to be stopped again, the latest first. */
export class Teardown {
  readonly #stops: Stop[] = [];

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  /** Stops everything, also after a failure; the first failure is thrown at the end. */
  async run(drainDelayMs: number): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      await stop(drainDelayMs).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
