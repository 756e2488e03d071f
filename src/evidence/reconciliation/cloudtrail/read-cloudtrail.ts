import { Coverage } from './coverage.js';
import { CloudTrailInputError } from '../input-error.js';
import { listInputFiles, placeOfDelivery } from './input-files.js';
import { asksProxy, isKmsCall, type KmsEvent, toKmsEvent } from './kms-event.js';
import { readRawEvents } from './raw-events.js';
import { accountOf, parseTrailEvent, textOf, timeOf, type TrailEvent } from './trail-event.js';

/** What was read. */
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
 * @throws CloudTrailInputError
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
    for await (const raw of readRawEvents(file)) {
      events += 1;
      const event = understood(file, () => noted(parseTrailEvent(raw), coverage));
      if (event === 'without-request-id') withoutRequestId += 1;
      else if (event !== undefined) onKmsEvent(event);
    }
  }
  if (events === 0) throw new CloudTrailInputError(paths.join(', '), 'no event is in it');
  return { files: files.length, events, withoutRequestId, coverage };
}

/** Notes what the event covers. Returns what it says, if it is a call of KMS. */
function noted(event: TrailEvent, coverage: Coverage): KmsEvent | 'without-request-id' | undefined {
  const isKms = isKmsCall(event);
  const [account, region] = [accountOf(event), textOf(event.awsregion)];
  if (account !== undefined && region !== undefined) {
    coverage.addEvent({ account, region }, timeOf(event), isKms);
  }
  if (!isKms) return undefined;
  // What KMS does of its own accord, such as deleting a key, has none and needs none.
  return toKmsEvent(event) ?? (asksProxy(event.eventname ?? '') ? 'without-request-id' : undefined);
}

function understood<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw new CloudTrailInputError(file, 'holds something that is no CloudTrail event', { cause });
  }
}
