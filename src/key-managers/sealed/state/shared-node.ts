import type { Deadline } from '../../../shared/deadline.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyRef,
  type Sealed,
} from '../../backend.js';
import type { MaybePromise } from '../../maybe-promise.js';
import { SealedNode, type SealedNodePorts } from '../keys/sealed-node.js';

/** Failures that may rest on what this replica does not know yet. */
const ABSENCES: ReadonlySet<KeyManagerErrorCode> = new Set(['key-not-found', 'version-not-found']);

/** The parts of a node whose keys other replicas can change. */
export interface SharedNodePorts extends SealedNodePorts {
  /**
   * Fetches what other replicas have changed by now.
   *
   * @throws whatever keeps it from being fetched
   */
  readonly catchUp: (deadline: Deadline) => Promise<void>;
}

/**
 * Sealed keys that other replicas can change. What this replica does not know is asked for; where
 * it cannot be asked for, nothing is said about it.
 */
export class SharedSealedNode extends SealedNode {
  readonly #catchUp: SharedNodePorts['catchUp'];

  constructor(ports: SharedNodePorts) {
    super(ports);
    this.#catchUp = ports.catchUp;
  }

  override describeKey(externalKeyId: string, deadline: Deadline): MaybePromise<KeyDescription> {
    const known = this.describeFromMemory(externalKeyId);
    return known ?? this.describeKeyAnew(externalKeyId, deadline);
  }

  async describeKeyAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    await this.#learn(externalKeyId, deadline);
    return super.describeKey(externalKeyId, deadline);
  }

  override encrypt(
    ref: KeyRef,
    plaintext: Buffer,
    aad: Buffer,
    deadline: Deadline,
  ): MaybePromise<Sealed> {
    return this.#askingOnce(ref, deadline, () => super.encrypt(ref, plaintext, aad, deadline));
  }

  override decrypt(
    ref: KeyRef,
    sealed: Sealed,
    aad: Buffer,
    deadline: Deadline,
  ): MaybePromise<Buffer> {
    return this.#askingOnce(ref, deadline, () => super.decrypt(ref, sealed, aad, deadline));
  }

  #askingOnce<T>(
    { externalKeyId }: KeyRef,
    deadline: Deadline,
    work: () => MaybePromise<T>,
  ): MaybePromise<T> {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof KeyManagerError) || !ABSENCES.has(error.code)) throw error;
      return this.#learn(externalKeyId, deadline).then(work);
    }
  }

  async #learn(externalKeyId: string, deadline: Deadline): Promise<void> {
    try {
      await this.#catchUp(deadline);
    } catch (cause) {
      const message =
        `what this replica does not know of ${externalKeyId} cannot be asked for: the state store ` +
        'does not answer';
      throw new KeyManagerError('internal', message, { cause });
    }
  }
}
