import type { Deadline } from '../../shared/deadline.js';
import { bareError, redacted } from '../../shared/redaction.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
  type NodeHealth,
  type Sealed,
} from '../backend.js';
import type { MaybePromise } from '../maybe-promise.js';
import { checkedDescription, demand } from './module-answer.js';

const STATUSES: ReadonlySet<unknown> = new Set(['ACTIVE', 'DEGRADED', 'UNAVAILABLE']);

/**
 * A module's node whose answers are looked at, because no compiler has: a `Uint8Array` where a
 * `Buffer` should be would reach KMS as `1,2,3` instead of base64.
 */
export class ModuleNode implements KeyManagerNode {
  readonly name: string;
  readonly location: string;
  readonly vendor: string;
  readonly model: string;
  readonly inProcess: boolean;
  readonly describeKeyAnew?: NonNullable<KeyManagerNode['describeKeyAnew']>;
  readonly encryptAndTry?: NonNullable<KeyManagerNode['encryptAndTry']>;
  readonly #node: KeyManagerNode;
  readonly #secrets: readonly string[];

  /** @param secrets of the module, which its errors must not show */
  constructor(node: KeyManagerNode, secrets: readonly string[] = []) {
    this.#secrets = secrets;
    this.name = node.name;
    this.location = node.location;
    this.vendor = node.vendor;
    this.model = node.model;
    this.inProcess = node.inProcess;
    this.#node = node;
    const anew = node.describeKeyAnew?.bind(node);
    if (anew !== undefined) {
      this.describeKeyAnew = async (externalKeyId, deadline) =>
        checkedDescription('describeKey', await this.#shown(() => anew(externalKeyId, deadline)));
    }
    const trying = node.encryptAndTry?.bind(node);
    if (trying !== undefined) {
      this.encryptAndTry = async (key, plaintext, aad, deadline) => {
        const sealed = await this.#shown(() => trying(key, plaintext, aad, deadline));
        return { ...sealedOf(sealed), triedSha256: sealed.triedSha256 };
      };
    }
  }

  async describeKey(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return checkedDescription(
      'describeKey',
      await this.#shown(() => this.#node.describeKey(externalKeyId, deadline)),
    );
  }

  async encrypt(key: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<Sealed> {
    return sealedOf(await this.#shown(() => this.#node.encrypt(key, plaintext, aad, deadline)));
  }

  async decrypt(key: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): Promise<Buffer> {
    const plaintext = await this.#shown(() => this.#node.decrypt(key, sealed, aad, deadline));
    demand(Buffer.isBuffer(plaintext), 'decrypt answered a plaintext that is no Buffer');
    return plaintext;
  }

  async checkHealth(deadline: Deadline): Promise<NodeHealth> {
    const health = await this.#shown(() => this.#node.checkHealth(deadline));
    demand(STATUSES.has(health.status), 'checkHealth answered a status that does not exist');
    return health;
  }

  async close(): Promise<void> {
    await this.#shown(() => this.#node.close());
  }

  async #shown<T>(work: () => MaybePromise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw withoutSecrets(error, this.#secrets);
    }
  }
}

/** The same failure without the module's secrets, in its message and in its causes. */
export function withoutSecrets(error: unknown, secrets: readonly string[]): Error {
  if (!(error instanceof KeyManagerError)) return bareError(error, secrets);
  const cause = error.cause === undefined ? {} : { cause: bareError(error.cause, secrets) };
  return new KeyManagerError(error.code, redacted(error.message, secrets), cause);
}

function sealedOf({ iv, ciphertext, tag }: Sealed): Sealed {
  demand(
    [iv, ciphertext, tag].every((bytes) => Buffer.isBuffer(bytes)),
    'encrypt answered an iv, a ciphertext or a tag that is no Buffer',
  );
  return { iv, ciphertext, tag };
}
