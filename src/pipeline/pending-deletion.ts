import type { HoldfastEvent } from '../notifications/events.js';
import { STATE_TABLE } from '../external-keys/states.js';
import { XksError } from '../xks/errors.js';
import type { ToldRequest } from './told-request.js';

/** The key, or version, that is asked for and about to be destroyed. */
interface AboutToGo {
  /** The key, which an alias may stand for. */
  readonly externalKeyId: string;
  /** Present where one version is to be destroyed, and not the key. */
  readonly keyVersion?: number;
  readonly deletionAt: string | undefined;
}

/** A request to use a key, or a version, that waits for its destruction: people are told of it. */
export class PendingDeletionError extends XksError {
  readonly about: AboutToGo;

  constructor(about: AboutToGo) {
    const { keyVersion } = about;
    const what = keyVersion === undefined ? 'the key' : `version ${keyVersion}`;
    super('InvalidStateException', STATE_TABLE.PendingDeletion.refusal, {
      reason: `${what} is PendingDeletion`,
    });
    this.about = about;
  }
}

/** The event that tells of such a request, with all that is known of who asked. */
export function pendingDeletionUsed(
  { about }: PendingDeletionError,
  request: ToldRequest,
): HoldfastEvent {
  const { keyManager = '', keyStore = '', operation = '', ...asked } = request.fields();
  const { awsPrincipalArn, kmsOperation, kmsRequestId, kmsKeyArn, accessKeyId } = asked;
  return {
    event: 'key-pending-deletion-used',
    ...{ keyManager, ...about, keyStore, operation },
    ...{ awsPrincipalArn, kmsOperation, kmsRequestId, kmsKeyArn, accessKeyId },
  };
}
