import type { Place } from './input-files.js';

/** The CloudTrail input for an account and a region. */
export interface CoveredPlace extends Place {
  /** Events of KMS, of any key. */
  readonly kmsEvents: number;
  /** Oldest and newest event of any service, in milliseconds since 1970; absent without events. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
}

interface Counted extends Place {
  kmsEvents: number;
  delivered: boolean;
  oldest: number | undefined;
  newest: number | undefined;
}

/**
 * The accounts and regions, and the times, that the CloudTrail input speaks for.
 *
 * An event of KMS or the name of a delivered log file makes an account's region covered. Events of
 * other services do not: those of global services stand in a trail under a region that it is not
 * for.
 */
export class Coverage {
  readonly #places = new Map<string, Counted>();
  #newest: number | undefined;

  /** Notes a log file that CloudTrail delivered. */
  addDelivery(place: Place): void {
    this.#at(place).delivered = true;
  }

  /** Notes an event of any service. */
  addEvent(place: Place, time: number, isKms: boolean): void {
    const counted = this.#at(place);
    if (isKms) counted.kmsEvents += 1;
    counted.oldest = Math.min(counted.oldest ?? time, time);
    counted.newest = Math.max(counted.newest ?? time, time);
    this.#newest = Math.max(this.#newest ?? time, time);
  }

  /** Time of the newest event. */
  get newest(): number | undefined {
    return this.#newest;
  }

  /** Accounts and regions that are covered, in order. */
  places(): readonly CoveredPlace[] {
    const covered = [...this.#places.values()].filter(isCovered);
    covered.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    return covered.map(({ account, region, kmsEvents, oldest, newest }) => {
      return { account, region, kmsEvents, oldest, newest };
    });
  }

  /**
   * The time from which on there is input for an account and region; an unknown one stands for any.
   *
   * @returns milliseconds since 1970, or `undefined` where there is none
   */
  beginning(account: string | undefined, region: string | undefined): number | undefined {
    const beginnings = [...this.#places.values()]
      .filter((place) => account === undefined || place.account === account)
      .filter((place) => region === undefined || place.region === region)
      .filter(isCovered)
      .map(({ oldest }) => oldest ?? Number.NEGATIVE_INFINITY);
    return beginnings.length === 0 ? undefined : Math.min(...beginnings);
  }

  #at(place: Place): Counted {
    const name = nameOf(place);
    let counted = this.#places.get(name);
    if (counted === undefined) {
      const { account, region } = place;
      counted = {
        account,
        region,
        kmsEvents: 0,
        delivered: false,
        oldest: undefined,
        newest: undefined,
      };
      this.#places.set(name, counted);
    }
    return counted;
  }
}

function isCovered({ kmsEvents, delivered }: Counted): boolean {
  return kmsEvents > 0 || delivered;
}

function nameOf({ account, region }: Place): string {
  return `${account}/${region}`;
}
