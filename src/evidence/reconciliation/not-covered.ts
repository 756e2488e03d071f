import type { RecordOf } from '../../audit/record/index.js';
import type { NotCovered } from './outcome.js';

/** Counts calls that the CloudTrail input does not speak for, by account, region and reason. */
export class NotCoveredCalls {
  readonly #byPlace = new Map<string, NotCovered>();

  add(record: RecordOf<'key-operation'>, why: NotCovered['why']): void {
    const { awsAccount: account, awsRegion: region, time } = record;
    const place = JSON.stringify([account, region, why]);
    const { calls, oldest, newest } = this.#byPlace.get(place) ?? {
      calls: 0,
      oldest: time,
      newest: time,
    };
    this.#byPlace.set(place, {
      account,
      region,
      why,
      calls: calls + 1,
      oldest: time < oldest ? time : oldest,
      newest: time > newest ? time : newest,
    });
  }

  /** By account and region. */
  list(): readonly NotCovered[] {
    const places = [...this.#byPlace.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    return places.map(([, counted]) => counted);
  }
}
