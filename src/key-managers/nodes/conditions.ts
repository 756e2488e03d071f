import type { Deadline } from '../../shared/deadline.js';
import { bareError } from '../../shared/redaction.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
  type NodeHealth,
  type Sealed,
} from '../backend.js';
import { type MaybePromise, settled } from '../maybe-promise.js';
import { TAG_BYTES } from '../../shared/gcm.js';

const IV_BYTES: readonly number[] = [12, 16];
const SHA256_BYTES = 32;
/** Two length fields, 65,535 bytes of AAD and 20 of metadata. */
const MAX_AAD_BYTES = 3 + 0xffff + 20;

/**
 * A node whose every call is checked before and after, whatever the backend: sizes that the
 * protocol demands, and no error but {@link KeyManagerError}.
 */
export class CheckedNode implements KeyManagerNode {
  readonly name: string;
  readonly location: string;
  readonly vendor: string;
  readonly model: string;
  readonly inProcess: boolean;
  readonly #node: KeyManagerNode;

  constructor(node: KeyManagerNode) {
    this.name = node.name;
    this.location = node.location;
    this.vendor = node.vendor;
    this.model = node.model;
    this.inProcess = node.inProcess;
    this.#node = node;
  }

  describeKey(externalKeyId: string, deadline: Deadline): MaybePromise<KeyDescription> {
    return checked(() => this.#node.describeKey(externalKeyId, deadline));
  }

  async describeKeyAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    const anew = this.#node.describeKeyAnew?.bind(this.#node);
    if (anew === undefined) return this.describeKey(externalKeyId, deadline);
    return checked(() => anew(externalKeyId, deadline));
  }

  encrypt(key: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): MaybePromise<Sealed> {
    return checked(
      () => {
        demandAad(aad);
        return this.#node.encrypt(key, plaintext, aad, deadline);
      },
      (sealed) => {
        demandSealed(sealed, plaintext);
      },
    );
  }

  encryptAndTry(
    key: KeyRef,
    plaintext: Buffer,
    aad: Buffer,
    deadline: Deadline,
  ): MaybePromise<Sealed> {
    const trying = this.#node.encryptAndTry?.bind(this.#node);
    if (trying === undefined) return this.encrypt(key, plaintext, aad, deadline);
    return checked(
      () => {
        demandAad(aad);
        return trying(key, plaintext, aad, deadline);
      },
      (sealed) => {
        demand(sealed.triedSha256?.length === SHA256_BYTES, 'the trial decryption has no proof');
        demandSealed(sealed, plaintext);
      },
    );
  }

  decrypt(key: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): MaybePromise<Buffer> {
    return checked(
      () => {
        demandSizes(sealed);
        demandAad(aad);
        return this.#node.decrypt(key, sealed, aad, deadline);
      },
      (plaintext) => {
        demand(plaintext.length === sealed.ciphertext.length, 'the plaintext has another length');
      },
    );
  }

  async checkHealth(deadline: Deadline): Promise<NodeHealth> {
    try {
      return await this.#node.checkHealth(deadline);
    } catch (error) {
      return { status: 'UNAVAILABLE', detail: asKeyManagerError(error).message };
    }
  }

  close(): Promise<void> {
    return this.#node.close();
  }
}

/** @param check of what came of the work @throws KeyManagerError */
function checked<T>(
  work: () => MaybePromise<T>,
  check: (value: T) => void = () => undefined,
): MaybePromise<T> {
  return settled(
    work,
    (value) => {
      check(value);
      return value;
    },
    (error) => {
      throw asKeyManagerError(error);
    },
  );
}

function demandAad(aad: Buffer): void {
  demand(aad.length <= MAX_AAD_BYTES, 'the AAD is too long');
}

function demandSealed(sealed: Sealed, plaintext: Buffer): void {
  demandSizes(sealed);
  demand(sealed.ciphertext.length === plaintext.length, 'the ciphertext has another length');
}

function demandSizes({ iv, tag }: Sealed): void {
  demand(IV_BYTES.includes(iv.length), 'the IV is neither 12 nor 16 bytes long');
  demand(tag.length === TAG_BYTES, 'the tag is not 16 bytes long');
}

function demand(condition: boolean, message: string): void {
  if (!condition) throw new KeyManagerError('internal', message);
}

/** Makes a failure one of a key manager: `internal` for any other error, with causes alone. */
export function asKeyManagerError(
  error: unknown,
  message = 'the key manager failed unexpectedly',
): KeyManagerError {
  if (!(error instanceof KeyManagerError)) {
    return new KeyManagerError('internal', message, { cause: bareError(error) });
  }
  if (error.cause === undefined) return error;
  return new KeyManagerError(error.code, error.message, { cause: bareError(error.cause) });
}
