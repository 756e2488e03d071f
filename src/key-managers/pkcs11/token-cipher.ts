import type { Deadline } from '../../shared/deadline.js';
import { HEALTH_TEST_KEY_ID, KeyManagerError, type KeyRef, type Sealed } from '../backend.js';
import type { IvSource } from '../counting/iv-source.js';
import type { EncryptionCounts } from './encryption-counts.js';
import type { EncryptOperation, TokenClient } from './token-client.js';
import type { VendorProfile } from './vendor-profiles.js';
import { TAG_BYTES } from '../../shared/gcm.js';

const ACCEPTED_IV_BYTES: readonly number[] = [12, 16];
const NO_IV = Buffer.alloc(0);

/** One version of a key, and the attributes of its object. */
export interface Target extends KeyRef {
  readonly lookup: Buffer;
}

/** A plaintext to encrypt, with or without a trial decryption of the ciphertext. */
export interface Encryption {
  readonly operation: EncryptOperation;
  readonly plaintext: Buffer;
  readonly aad: Buffer;
}

/** AES-256-GCM in the token. Where Holdfast chooses the IVs, it counts the encryptions. */
export class TokenCipher {
  readonly #profile: VendorProfile;
  readonly #ivs: IvSource;
  readonly #counts: EncryptionCounts | undefined;

  /** @param counts undefined where the token chooses the IVs */
  constructor(profile: VendorProfile, ivs: IvSource, counts: EncryptionCounts | undefined) {
    this.#profile = profile;
    this.#ivs = ivs;
    this.#counts = counts;
  }

  /** @throws KeyManagerError */
  encrypt(
    client: TokenClient,
    target: Target,
    encryption: Encryption,
    deadline: Deadline,
  ): Promise<Sealed> {
    // Counted before it is made; what fails afterwards stays counted.
    const counting = isCounted(target) ? this.#counts?.count(target, deadline) : undefined;
    if (counting === undefined) return this.#encrypt(client, target, encryption, deadline);
    return counting.then(() => this.#encrypt(client, target, encryption, deadline));
  }

  #encrypt(
    client: TokenClient,
    { lookup, version }: Target,
    { operation, plaintext, aad }: Encryption,
    deadline: Deadline,
  ): Promise<Sealed> {
    const iv = this.#profile.ivStrategy === 'caller' ? this.#ivs.next() : NO_IV;
    return client.encrypt(
      operation,
      { lookup, materialName: version.materialName, iv, aad, input: plaintext },
      deadline,
    );
  }

  /** @throws KeyManagerError */
  decrypt(
    client: TokenClient,
    target: Target,
    { sealed, aad }: { readonly sealed: Sealed; readonly aad: Buffer },
    deadline: Deadline,
  ): Promise<Buffer> {
    const { iv, ciphertext, tag } = sealed;
    // Some libraries take a short tag or no IV at all.
    if (!ACCEPTED_IV_BYTES.includes(iv.length) || tag.length !== TAG_BYTES) {
      throw new KeyManagerError(
        'invalid-ciphertext',
        `IV of ${iv.length} bytes and tag of ${tag.length} bytes; 12 or 16 and 16 are accepted`,
      );
    }
    const { lookup, version } = target;
    const input = Buffer.concat([ciphertext, tag]);
    return client.decrypt({ lookup, materialName: version.materialName, iv, aad, input }, deadline);
  }
}

/** The health-test key is not counted: a full disk must not look like a broken token. */
function isCounted({ externalKeyId }: KeyRef): boolean {
  return externalKeyId !== HEALTH_TEST_KEY_ID;
}
