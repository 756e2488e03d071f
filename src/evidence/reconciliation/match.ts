import type { RecordOf } from '../../audit/record/index.js';
import { isSameKey } from './cloudtrail/kms-event.js';
import type { EventIndex, IndexedCall, IndexedEvent } from './event-index.js';
import type { WithoutEvent } from './outcome.js';

/** The event that a call of the proxy belongs to, or why there is none. */
export type Match = { readonly event: IndexedEvent; readonly call: IndexedCall } | WithoutEvent;

/**
 * Finds the event of a call: the same request id, operation of KMS and of the proxy, KMS key, and
 * external key. Several calls may belong to one event, because KMS repeats what timed out.
 */
export function findEvent(index: EventIndex, record: RecordOf<'key-operation'>): Match {
  if (record.kmsRequestId === undefined) return 'no-request-id';
  const events = index.withRequestId(record.kmsRequestId);
  if (events.length === 0) return 'no-event';
  const candidates = events
    .filter(({ eventName }) => eventName === record.kmsOperation)
    .flatMap((event) => event.calls.map((call) => ({ event, call })))
    .filter(({ call }) => call.operation === undefined || call.operation === record.operation);
  if (candidates.length === 0) return 'other-operation';
  const match = candidates.find(({ event, call }) => {
    return isSameKey(call.key, record.kmsKeyArn) && isSameExternalKey(event, record);
  });
  return match ?? 'other-key';
}

/** An event that tells fewer external keys than it has calls does not tell whose they are. */
function isSameExternalKey(
  { externalKeyIds, calls }: IndexedEvent,
  { externalKeyId }: RecordOf<'key-operation'>,
): boolean {
  if (externalKeyIds.length < calls.length || externalKeyId === undefined) return true;
  return externalKeyIds.includes(externalKeyId);
}
