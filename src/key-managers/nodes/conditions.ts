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

const IV_BYTES: readonly number[] = [12, 16];
const TAG_BYTES = 16;
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

  async describeKey(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    try {
      return await this.#node.describeKey(externalKeyId, deadline);
    } catch (error) {
      throw asKeyManagerError(error);
    }
  }

  async describeKeyAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    if (this.#node.describeKeyAnew === undefined) return this.describeKey(externalKeyId, deadline);
    try {
      return await this.#node.describeKeyAnew(externalKeyId, deadline);
    } catch (error) {
      throw asKeyManagerError(error);
    }
  }

  async encrypt(key: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<Sealed> {
    demand(aad.length <= MAX_AAD_BYTES, 'the AAD is too long');
    try {
      return sealedAs(plaintext, await this.#node.encrypt(key, plaintext, aad, deadline));
    } catch (error) {
      throw asKeyManagerError(error);
    }
  }

  async encryptAndTry(
    key: KeyRef,
    plaintext: Buffer,
    aad: Buffer,
    deadline: Deadline,
  ): Promise<Sealed> {
    if (this.#node.encryptAndTry === undefined) return this.encrypt(key, plaintext, aad, deadline);
    demand(aad.length <= MAX_AAD_BYTES, 'the AAD is too long');
    try {
      const sealed = await this.#node.encryptAndTry(key, plaintext, aad, deadline);
      demand(sealed.triedSha256?.length === SHA256_BYTES, 'the trial decryption has no proof');
      return sealedAs(plaintext, sealed);
    } catch (error) {
      throw asKeyManagerError(error);
    }
  }

  async decrypt(key: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): Promise<Buffer> {
    demandSizes(sealed);
    demand(aad.length <= MAX_AAD_BYTES, 'the AAD is too long');
    try {
      const plaintext = await this.#node.decrypt(key, sealed, aad, deadline);
      demand(plaintext.length === sealed.ciphertext.length, 'the plaintext has another length');
      return plaintext;
    } catch (error) {
      throw asKeyManagerError(error);
    }
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

function sealedAs(plaintext: Buffer, sealed: Sealed): Sealed {
  demandSizes(sealed);
  demand(sealed.ciphertext.length === plaintext.length, 'the ciphertext has another length');
  return sealed;
}

function demandSizes({ iv, tag }: Sealed): void {
  demand(IV_BYTES.includes(iv.length), 'the IV is neither 12 nor 16 bytes long');
  demand(tag.length === TAG_BYTES, 'the tag is not 16 bytes long');
}

function demand(condition: boolean, message: string): void {
  if (!condition) throw new KeyManagerError('internal', message);
}

function asKeyManagerError(error: unknown): KeyManagerError {
  if (!(error instanceof KeyManagerError)) {
    const cause = bareError(error);
    return new KeyManagerError('internal', 'the key manager failed unexpectedly', { cause });
  }
  if (error.cause === undefined) return error;
  return new KeyManagerError(error.code, error.message, { cause: bareError(error.cause) });
}
