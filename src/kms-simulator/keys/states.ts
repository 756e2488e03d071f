import { exceptionFor } from '../custom-key-stores/failed-call.js';
import { KmsException } from '../exceptions.js';

/** State of a KMS key, in KMS's words. */
export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'Unavailable';

/** A need of an operation that the state of its key has to meet. */
export type Need = keyof typeof ALLOWED;

/**
 * The states in which operations may be used, by what they do with the key.
 *
 * @see AWS KMS Developer Guide, "Key states of AWS KMS keys"
 */
const ALLOWED = {
  /** Cryptography, and CreateGrant. */
  use: ['Enabled'],
  /** Rotation of ordinary keys. */
  rotate: ['Enabled'],
  /** Enabling, disabling, describing, tagging, naming. */
  change: ['Enabled', 'Disabled', 'Unavailable'],
  cancelDeletion: ['PendingDeletion'],
  /** Looking at it, its policy and its grants. */
  look: ['Enabled', 'Disabled', 'PendingDeletion', 'Unavailable'],
} as const satisfies Record<string, readonly KeyState[]>;

/** @throws KmsException where the operation is not for keys in this state */
export function requireKeyState(arn: string, state: KeyState, need: Need): void {
  const allowed: readonly KeyState[] = ALLOWED[need];
  if (allowed.includes(state)) return;
  if (need === 'cancelDeletion') {
    throw new KmsException('KMSInvalidStateException', `${arn} is not pending deletion.`);
  }
  switch (state) {
    case 'Disabled':
      throw new KmsException('DisabledException', `${arn} is disabled.`);
    case 'PendingDeletion':
      throw new KmsException('KMSInvalidStateException', `${arn} is pending deletion.`);
    default:
      throw exceptionFor('not-connected', 'cryptographic');
  }
}
