import type { Secret } from '../shared/secret.js';
import type { SignatureFailure } from './failure.js';

/** The reasons for which a credential's signatures are refused, whatever they are. */
export type CredentialRefusal = Extract<
  SignatureFailure,
  `credential-${string}` | 'unknown-access-key-id'
>;

/** The credentials of a key store, as they are at this moment. */
export interface CredentialSource {
  /**
   * The secret of a credential that is valid now; undefined for any other.
   *
   * @returns the same object for as long as the credential stays valid, so that what is derived
   *   from it can be remembered
   */
  secretOf(accessKeyId: string): Secret | undefined;
  /** The reason why there is no secret for an access key id: for the record, never the caller. */
  refusalOf(accessKeyId: string): CredentialRefusal;
  /** Is told of each signature that holds. It costs a look-up. */
  signed(accessKeyId: string): void;
}
