import { Coverage } from './coverage.js';
import { unusableInput } from '../input-error.js';
import { InputProblem } from './input-problem.js';
import { listInputFiles, placeOfDelivery } from './input-files.js';
import { asksProxy, isKmsCall, type KmsEvent, toKmsEvent } from './kms-event.js';
import { readRawEvents } from './raw-events.js';
import { accountOf, parseTrailEvent, type TrailEvent } from './trail-event.js';

/** Counts of what was read, and the places and times that it covers. */
export interface CloudTrailInput {
  readonly files: number;
  readonly events: number;
  readonly withoutRequestId: number;
  readonly coverage: Coverage;
}

/**
 * Reads CloudTrail files, one after the other.
 *
 * @param paths files and folders
 * @param onKmsEvent is given every call of KMS that has a request id
 * @throws ReconciliationInputError
 */
export async function readCloudTrail(
  paths: readonly string[],
  onKmsEvent: (event: KmsEvent) => void,
): Promise<CloudTrailInput> {
  const coverage = new Coverage();
  let [events, withoutRequestId] = [0, 0];
  const files = await listInputFiles(paths);
  for (const file of files) {
    const delivery = placeOfDelivery(file);
    if (delivery !== undefined) coverage.addDelivery(delivery);
    for await (const { event: raw, place } of readRawEvents(file)) {
      events += 1;
      const event = understood(file, place, () => noted(parseTrailEvent(raw), coverage));
      if (event === 'without-request-id') withoutRequestId += 1;
      else if (event !== undefined) onKmsEvent(event);
    }
  }
  return { files: files.length, events, withoutRequestId, coverage };
}

/** Notes what the event covers. Returns what it says, if it is a call of KMS. */
function noted(event: TrailEvent, coverage: Coverage): KmsEvent | 'without-request-id' | undefined {
  const isKms = isKmsCall(event);
  const { awsregion: region, time } = event;
  const account = accountOf(event);
  if (account !== undefined) coverage.addEvent({ account, region }, time, isKms);
  else if (isKms) throw new InputProblem('is no CloudTrail event: it has no recipientAccountId');
  if (!isKms) return undefined;
  // What KMS does of its own accord, such as deleting a key, has none and needs none.
  return toKmsEvent(event) ?? (asksProxy(event.eventname ?? '') ? 'without-request-id' : undefined);
}

function understood<Result>(file: string, place: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof InputProblem)) throw cause;
    throw unusableInput(file, `${place}: ${cause.message}`);
  }
}
