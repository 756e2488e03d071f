import type { Deadline } from '../../shared/deadline.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
  type KeyUsage,
  type NodeHealth,
  type Sealed,
} from '../backend.js';
import { proveRoundTrip } from '../health-test.js';
import type { MaybePromise } from '../maybe-promise.js';
import type { IvSource } from '../counting/iv-source.js';
import { decryptAesGcm, encryptAesGcm } from './aes-gcm.js';
import type { ExternalKey } from './external-key.js';
import type { KeyFolder } from './key-folder.js';
import type { KeyRing } from './key-ring.js';

/** Failures that keep the test key alone from encrypting; other keys go on. */
const LIMITED_FAILURES: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-disabled',
  'conflict',
  'internal',
  'deadline',
]);

/** The node's name and place in the answers of GetHealthStatus. */
export interface FileNodeIdentity {
  readonly name: string;
  readonly location: string;
}

/** The key folder as a node: everything but its counters is answered from memory. */
export class FileNode implements KeyManagerNode {
  readonly name: string;
  readonly location: string;
  readonly vendor = 'Holdfast';
  readonly model = 'File key manager 1';
  readonly inProcess = true;
  readonly #ring: KeyRing;
  readonly #folder: KeyFolder;
  readonly #ivs: IvSource;

  constructor(identity: FileNodeIdentity, ring: KeyRing, folder: KeyFolder, ivs: IvSource) {
    this.name = identity.name;
    this.location = identity.location;
    this.#ring = ring;
    this.#folder = folder;
    this.#ivs = ivs;
  }

  describeKey(externalKeyId: string): KeyDescription {
    return this.#ring.describe(externalKeyId);
  }

  encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): MaybePromise<Sealed> {
    const key = this.#usableKey(ref.externalKeyId, 'ENCRYPT');
    const version = key.version(ref.version);
    const seal = (): Sealed => encryptAesGcm(version.key, this.#ivs.next(), plaintext, aad);
    // Counted before it is made; what fails afterwards stays counted.
    return key.count(version) ? seal() : key.countWhenReserved(version, deadline).then(seal);
  }

  decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer): Buffer {
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
    await this.#folder.close();
  }

  #usableKey(externalKeyId: string, usage: KeyUsage): ExternalKey {
    const key = this.#ring.find(externalKeyId);
    if (key === undefined) {
      // Throws key-not-found, unless a damaged document is there.
      this.#ring.describe(externalKeyId);
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
