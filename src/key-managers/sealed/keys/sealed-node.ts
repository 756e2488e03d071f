import type { Deadline } from '../../../shared/deadline.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
  type KeyUsage,
  type NodeHealth,
  type Sealed,
} from '../../backend.js';
import { proveRoundTrip } from '../../health-test.js';
import type { MaybePromise } from '../../maybe-promise.js';
import type { IvSource } from '../../counting/iv-source.js';
import { decryptAesGcm, encryptAesGcm } from './aes-gcm.js';
import type { ExternalKey } from './external-key.js';
import type { KeyRing } from './key-ring.js';
import type { KeyPlace } from './place.js';

/** Failures that keep the test key alone from encrypting; other keys go on. */
const LIMITED_FAILURES: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-disabled',
  'conflict',
  'internal',
  'deadline',
]);

/** The node's name and place in the answers of GetHealthStatus. */
export interface SealedNodeIdentity {
  readonly name: string;
  readonly location: string;
}

/** The parts of a node of sealed keys. */
export interface SealedNodePorts {
  readonly identity: SealedNodeIdentity;
  readonly ring: KeyRing;
  readonly place: Pick<KeyPlace, 'close'>;
  readonly ivs: IvSource;
}

/** Sealed keys as a node: everything but their counts is answered from memory. */
export class SealedNode implements KeyManagerNode {
  readonly name: string;
  readonly location: string;
  readonly vendor = 'Holdfast';
  readonly model = 'File key manager 1';
  readonly inProcess = true;
  readonly #ring: KeyRing;
  readonly #place: SealedNodePorts['place'];
  readonly #ivs: IvSource;

  constructor({ identity, ring, place, ivs }: SealedNodePorts) {
    this.name = identity.name;
    this.location = identity.location;
    this.#ring = ring;
    this.#place = place;
    this.#ivs = ivs;
  }

  describeKey(externalKeyId: string, _deadline: Deadline): MaybePromise<KeyDescription> {
    return this.describeFromMemory(externalKeyId) ?? notFound(externalKeyId);
  }

  encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): MaybePromise<Sealed> {
    const key = this.#usableKey(ref.externalKeyId, 'ENCRYPT');
    const version = key.version(ref.version);
    const seal = (): Sealed => encryptAesGcm(version.key, this.#ivs.next(), plaintext, aad);
    // Counted before it is made; what fails afterwards stays counted.
    return key.count(version) ? seal() : key.countWhenReserved(version, deadline).then(seal);
  }

  decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer, _deadline: Deadline): MaybePromise<Buffer> {
    const key = this.#usableKey(ref.externalKeyId, 'DECRYPT');
    return decryptAesGcm(key.version(ref.version).key, sealed, aad);
  }

  async checkHealth(deadline: Deadline): Promise<NodeHealth> {
    const problems = [...this.#ring.problems];
    const failure = await this.#roundTrip(deadline);
    if (failure !== undefined) problems.push(`the test key: ${failure.message}`);
    if (problems.length === 0) return { status: 'ACTIVE' };
    const isLimited = failure === undefined || LIMITED_FAILURES.has(failure.code);
    return { status: isLimited ? 'DEGRADED' : 'UNAVAILABLE', detail: problems.join('; ') };
  }

  async close(): Promise<void> {
    await this.#ring.settle();
    await this.#place.close();
  }

  /** @returns undefined for a key that is not in memory */
  protected describeFromMemory(externalKeyId: string): KeyDescription | undefined {
    return this.#ring.find(externalKeyId)?.description ?? this.#ring.describeDamaged(externalKeyId);
  }

  #usableKey(externalKeyId: string, usage: KeyUsage): ExternalKey {
    const key = this.#ring.find(externalKeyId);
    if (key === undefined) {
      if (this.#ring.describeDamaged(externalKeyId) === undefined) notFound(externalKeyId);
      throw new KeyManagerError('key-disabled', `the document of ${externalKeyId} is damaged`);
    }
    if (key.description.usage.has(usage)) return key;
    throw new KeyManagerError('usage-denied', `${externalKeyId} is not for ${usage}`);
  }

  async #roundTrip(deadline: Deadline): Promise<KeyManagerError | undefined> {
    try {
      await proveRoundTrip(this, deadline);
      return undefined;
    } catch (error) {
      if (error instanceof KeyManagerError) return error;
      return new KeyManagerError('unreachable', 'the cipher fails', { cause: error });
    }
  }
}

function notFound(externalKeyId: string): never {
  throw new KeyManagerError('key-not-found', `there is no key ${externalKeyId}`);
}
