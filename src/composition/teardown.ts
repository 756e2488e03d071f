import { messageOf } from '../shared/reason-of.js';
/** Stops one thing. @param drainDelayMs how long load balancers are given to notice */
type Stop = (drainDelayMs: number) => Promise<unknown>;

/** The list of started parts, which are stopped in reverse order. */
export class Teardown {
  readonly #stops: Stop[] = [];

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  /**
   * Stops everything, also after a failure.
   *
   * @throws AggregateError with every failure, when all has been tried
   */
  async run(drainDelayMs: number): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      await stop(drainDelayMs).catch((error: unknown) => failures.push(error));
    }
    throwAll(failures);
  }
}

/** @throws AggregateError unless there are no failures */
export function throwAll(failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  const reasons = failures.map((failure) => messageOf(failure));
  throw new AggregateError(failures, `Not everything could be stopped: ${reasons.join('; ')}`);
}
