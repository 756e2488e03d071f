import type { DeliveryOutcome } from './webhook-client.js';
import { counted } from '../shared/counted.js';

/** The attempts to deliver the oldest event that waits. */
interface Attempts {
  readonly number: number;
  failures: number;
  refusals: number;
  /** True once the receiver has taken a later event in between. */
  othersTaken: boolean;
}

/**
 * The order in which a webhook tries the events that wait: the oldest first, as long as it takes.
 * One that the receiver may never take holds nothing up for ever. After enough failures the later
 * ones are tried, one each time. Where the receiver takes one of them, it is not away, and the
 * oldest is given up when it fails once more. Where it takes none, nothing is given up.
 */
export class Turns {
  readonly #patience: number;
  #oldest: Attempts | undefined;
  #after: number | undefined;

  /** @param patience attempts after which the oldest event holds up the others no longer */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** The number of the event after which the next one to try stands; undefined: the oldest. */
  get after(): number | undefined {
    return this.#after;
  }

  /** Goes back to the oldest event. */
  toOldest(): void {
    this.#after = undefined;
  }

  /** Notes that an event was taken. */
  accepted(): void {
    if (this.#after === undefined) this.#oldest = undefined;
    else if (this.#oldest !== undefined) this.#oldest.othersTaken = true;
    this.toOldest();
  }

  /**
   * Notes that an event was not taken.
   *
   * @returns the reason why it is to be given up; undefined where it goes on waiting
   */
  failed(
    number: number,
    outcome: Exclude<DeliveryOutcome, { kind: 'accepted' }>,
  ): string | undefined {
    const isAway = outcome.kind === 'failed' && outcome.isAway === true;
    if (this.#after !== undefined) {
      this.#after = isAway ? undefined : number;
      return undefined;
    }
    const oldest = this.#attemptsOf(number);
    if (outcome.kind === 'refused') oldest.refusals += 1;
    else if (!isAway) oldest.failures += 1;
    const { failures, refusals, othersTaken } = oldest;
    if (refusals >= this.#patience) return `${outcome.words}, ${counted(refusals, 'time')}`;
    if (failures < this.#patience || isAway) return undefined;
    if (othersTaken) return `${outcome.words}, and took others`;
    this.#after = number;
    return undefined;
  }

  #attemptsOf(number: number): Attempts {
    if (this.#oldest?.number !== number) {
      this.#oldest = { number, failures: 0, refusals: 0, othersTaken: false };
    }
    return this.#oldest;
  }
}
