import { hash } from 'node:crypto';
import type { RecordOf } from '../../audit/record/index.js';
import type { Coverage } from './cloudtrail/coverage.js';
import type { EventIndex } from './event-index.js';
import { Listing } from './listing.js';
import { findEvent } from './match.js';
import { MatchedCalls } from './matched-calls.js';
import {
  CALL_FIELDS,
  type Listed,
  type Matched,
  type NotCovered,
  type UsedHere,
  type UsedWithoutEvent,
} from './outcome.js';
import { isWithin, type Period } from './period.js';

/**
 * CloudTrail delivers within about 5 minutes, on average and without a promise; half an hour leaves
 * it room.
 */
export const DELIVERY_MS = 30 * 60 * 1000;

/** The events that calls are compared with, and the limits of the comparison. */
export interface ComparedEvents {
  readonly index: EventIndex;
  readonly coverage: Coverage;
  readonly period: Period;
  /** Time up to which the CloudTrail input was collected, in ms since 1970. */
  readonly collectedAt: number;
}

/** The results of comparing the calls. */
export interface UsedCallsResult {
  readonly matched: Matched;
  readonly withoutEvent: Listed<UsedWithoutEvent>;
  readonly pending: Listed<UsedHere>;
  readonly notCovered: readonly NotCovered[];
}

/** Looks for the event of each call that the audit logs have, one call after the other. */
export class UsedCalls {
  readonly #events: ComparedEvents;
  readonly #matched = new MatchedCalls();
  readonly #withoutEvent = new Listing<UsedWithoutEvent>();
  readonly #pending = new Listing<UsedHere>();
  readonly #notCovered = new NotCoveredCalls();

  constructor(events: ComparedEvents) {
    this.#events = events;
  }

  /** @param log the folder of the log that the record is from */
  add(record: RecordOf<'key-operation'>, log: string): void {
    const { index, coverage, period, collectedAt } = this.#events;
    const time = Date.parse(record.time);
    const match = findEvent(index, record);
    // Found counts outside of the period as well: an event at its edge may be of the second before.
    const isSameInput = typeof match === 'object' && match.event.find(match.at, inputOf(record));
    if (!isWithin(period, time)) return;
    if (typeof match === 'object') {
      if (isSameInput) this.#matched.add(match);
      // The event is there, and no other will come.
      else this.#withoutEvent.add({ ...usedHere(record, log), why: 'other-input' });
      return;
    }
    const beginning = coverage.beginning(record.awsAccount, record.awsRegion);
    if (beginning === undefined) this.#notCovered.add(record, 'no-input');
    else if (time < (period.from ?? beginning)) this.#notCovered.add(record, 'before-input');
    else if (collectedAt - time < DELIVERY_MS) this.#pending.add(usedHere(record, log));
    else this.#withoutEvent.add({ ...usedHere(record, log), why: match });
  }

  /** The results for all calls that were added. */
  result(): UsedCallsResult {
    const { index, period } = this.#events;
    return {
      matched: this.#matched.count(index, period),
      withoutEvent: this.#withoutEvent.listed(),
      pending: this.#pending.listed(),
      notCovered: this.#notCovered.list(),
    };
  }
}

function usedHere(record: RecordOf<'key-operation'>, log: string): UsedHere {
  const fields = Object.fromEntries(CALL_FIELDS.map((name) => [name, record[name]]));
  return { ...(fields as Omit<UsedHere, 'log'>), log };
}

/** Counts calls that the CloudTrail input does not speak for, by account, region and reason. */
class NotCoveredCalls {
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

/**
 * Digests what KMS asked the proxy to work on: the operation, the additional authenticated
 * data and, for Decrypt, the ciphertext. That of Encrypt is its output, and every repeat has
 * another.
 */
function inputOf({ operation, aadSha256, ciphertextSha256 }: RecordOf<'key-operation'>): string {
  const ciphertext = operation === 'Encrypt' ? undefined : ciphertextSha256;
  return hash('sha256', JSON.stringify([operation, aadSha256, ciphertext]), 'base64');
}
