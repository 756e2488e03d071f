import type { RecordOf } from '../../audit/record/index.js';
import { isSameKey } from './cloudtrail/kms-event.js';
import type { EventContents, EventIndex, IndexedEvent } from './event-index.js';
import type { WithoutEvent } from './outcome.js';

/** A call of the proxy that an event leads to. */
export interface Match {
  readonly event: IndexedEvent;
  /** Which of the event's calls it is. */
  readonly at: number;
}

/**
 * Finds the event of a call: the same request id, operation of KMS and of the proxy, KMS key, and
 * external key. Several calls may belong to one event, because KMS repeats what timed out.
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
    .filter(({ contents }) => contents.eventName === record.kmsOperation)
    .flatMap((event) => event.contents.calls.map((call, at) => ({ event, call, at })))
    .filter(({ call }) => call.operation === undefined || call.operation === record.operation);
  if (candidates.length === 0) return 'other-operation';
  const match = candidates.find(({ event, call }) => {
    return isSameKey(call.key, record.kmsKeyArn) && isSameExternalKey(event.contents, record);
  });
  return match ?? 'other-key';
}

/** An event that tells fewer external keys than it has calls does not tell whose they are. */
function isSameExternalKey(
  { externalKeyIds, calls }: EventContents,
  { externalKeyId }: RecordOf<'key-operation'>,
): boolean {
  if (externalKeyIds.length < calls.length || externalKeyId === undefined) return true;
  return externalKeyIds.includes(externalKeyId);
}
