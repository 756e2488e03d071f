import type { RecordOf } from '../../audit/record/index.js';
import { type ExpectedCall, isSameKey } from './cloudtrail/kms-event.js';
import type { Act } from './contents-pool.js';
import type { EventIndex, IndexedEvent } from './event-index.js';
import type { WithoutEvent } from './outcome.js';

/**
 * Maximum time between a call here and its event. The proxy accepts a signature that is dated so
 * much before or after its own clock, so the clocks cannot differ by more; the call itself takes
 * seconds.
 */
const MAX_APART_MS = 5 * 60 * 1000;

/** A call of the proxy that an event leads to. */
export interface Match {
  readonly event: IndexedEvent;
  /** Place of the call among the event's calls, from 0. */
  readonly at: number;
}

/**
 * Finds the event of a call: the same request id, operation of KMS and of the proxy, KMS key, and
 * external key, at about the same time. Several calls may belong to one event, because KMS repeats
 * what timed out; at another time, somebody else has taken over what the event says.
 *
 * @returns the event, or why there is none
 */
export function findEvent(
  index: EventIndex,
  record: RecordOf<'key-operation'>,
): Match | WithoutEvent {
  if (record.kmsRequestId === undefined) return 'no-request-id';
  const events = index.withRequestId(record.kmsRequestId);
  if (events.length === 0) return 'no-event';
  const candidates = events
    .filter(({ act }) => act.eventName === record.kmsOperation)
    .flatMap((event) => event.act.calls.map((call, at) => ({ event, call, at })))
    .filter(({ event, call }) => canLeadTo(record.operation, call, event.act));
  if (candidates.length === 0) return 'other-operation';
  const ofTheKey = candidates.filter(({ event, call }) => {
    return isSameKey(call.key, record.kmsKeyArn) && isSameExternalKey(event.act, record);
  });
  if (ofTheKey.length === 0) return 'other-key';
  const time = Date.parse(record.time);
  return ofTheKey.find(({ event }) => Math.abs(time - event.time) <= MAX_APART_MS) ?? 'other-time';
}

/**
 * An operation of KMS that is not known may lead to any of the proxy's, if its event names an
 * external key. Many never ask the proxy, such as DescribeKey: their events must not cover for a
 * use of the key.
 */
function canLeadTo(
  operation: string | undefined,
  call: ExpectedCall,
  { externalKeyIds }: Act,
): boolean {
  return call.operation === undefined ? externalKeyIds.length > 0 : call.operation === operation;
}

/** An event that tells fewer external keys than it has calls does not tell whose they are. */
function isSameExternalKey(
  { externalKeyIds, calls }: Act,
  { externalKeyId }: RecordOf<'key-operation'>,
): boolean {
  if (externalKeyIds.length < calls.length || externalKeyId === undefined) return true;
  return externalKeyIds.includes(externalKeyId);
}
