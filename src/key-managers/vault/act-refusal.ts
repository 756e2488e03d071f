import { KeyManagerError, type KeyManagerErrorCode } from '../backend.js';
import type { VaultAnswer } from './answer.js';
import { refusal, wordsOf } from './failures.js';

/** The right that an act asks of the policy of Holdfast's token. */
export interface Grant {
  /** The path below the mount, with `+` for the name of a key. */
  readonly path: string;
  readonly capability: 'read' | 'update' | 'delete';
}

/** The refusal of wrapped bytes, whatever is wrong with them: details would help an attacker. */
export const NOT_MATERIAL = 'the wrapped bytes do not open to 32 bytes of key material';

/** Words of Transit's refusals of acts, with whatever status, and their codes. */
const REFUSALS: readonly (readonly [RegExp, KeyManagerErrorCode])[] = [
  [/unsupported (path|operation)/, 'unsupported'],
  [/soft-deleted key/, 'key-disabled'],
  [/key not found|no existing key named|invalid key name|no key found with name/, 'key-not-found'],
  [/does not allow rotation within/, 'unsupported'],
  [/cannot be used with an existing key|can only be used with an imported key/, 'conflict'],
  [/crypto\/rsa: decryption error|ciphertext is too short|invalid key size/, 'rejected'],
  [/ephemeral AES key to be 256-bit|kwp|wrap|illegal base64/i, 'rejected'],
];

/**
 * Makes the error for an act that was refused. A refusal of the token names the line that its
 * policy lacks.
 *
 * @param answer with any status but 2xx
 */
export function actRefusal(answer: VaultAnswer, { path, capability }: Grant): KeyManagerError {
  const error = refusal(answer, 'misconfigured');
  if (answer.status === 403) {
    return new KeyManagerError(
      'misconfigured',
      `${error.message}; this act needs path "${path}" { capabilities = ["${capability}"] }`,
    );
  }
  const words = wordsOf(answer) ?? [];
  const code = REFUSALS.find(([pattern]) => words.some((each) => pattern.test(each)))?.[1];
  if (code === undefined) return error;
  return new KeyManagerError(code, code === 'rejected' ? NOT_MATERIAL : error.message);
}
