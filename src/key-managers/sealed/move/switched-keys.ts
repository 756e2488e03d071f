import type { Deadline } from '../../../shared/deadline.js';
import {
  type KeyAdministration,
  type KeyDescription,
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
  type NodeHealth,
  type Sealed,
} from '../../backend.js';
import type { MaybePromise } from '../../maybe-promise.js';
import type { SealedAdministration } from '../keys/administration.js';
import { IMPORT_WAYS } from '../keys/material-import.js';
import type { PlacedKeys } from '../keys/placed-keys.js';

/** Sealed keys whose place can change while they serve, and which others can take away. */
export class SwitchedKeys implements KeyManagerNode {
  readonly name: string;
  readonly location: string;
  readonly inProcess = true;
  /** Present while other replicas can change the keys. */
  describeKeyAnew?: NonNullable<KeyManagerNode['describeKeyAnew']>;
  readonly #waiting = new Set<() => void>();
  readonly #whenClosed: () => void;
  #keys: PlacedKeys;

  constructor(keys: PlacedKeys, whenClosed: () => void = () => undefined) {
    this.#whenClosed = whenClosed;
    this.name = keys.node.name;
    this.location = keys.node.location;
    this.#keys = keys;
    this.#takeOverReading();
  }

  get vendor(): string {
    return this.#keys.node.vendor;
  }

  get model(): string {
    return this.#keys.node.model;
  }

  /** The keys where they are now. */
  get keys(): PlacedKeys {
    return this.#keys;
  }

  /** Serves the same keys from another place. What still waits at the old one is done here. */
  switchTo(keys: PlacedKeys): void {
    this.#keys = keys;
    this.#takeOverReading();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const goOn of waiting) goOn();
  }

  describeKey(externalKeyId: string, deadline: Deadline): MaybePromise<KeyDescription> {
    return this.#keysHere().node.describeKey(externalKeyId, deadline);
  }

  encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): MaybePromise<Sealed> {
    const sealed = this.#keysHere().node.encrypt(ref, plaintext, aad, deadline);
    if (!(sealed instanceof Promise)) return sealed;
    return this.#orAtNext(sealed, () => this.encrypt(ref, plaintext, aad, deadline));
  }

  decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): MaybePromise<Buffer> {
    return this.#keysHere().node.decrypt(ref, sealed, aad, deadline);
  }

  checkHealth(deadline: Deadline): Promise<NodeHealth> {
    const detail = this.#keys.refusal();
    if (detail !== undefined) return Promise.resolve({ status: 'UNAVAILABLE', detail });
    return this.#keys.node.checkHealth(deadline);
  }

  close(): Promise<void> {
    this.#whenClosed();
    this.#keys.gate.giveUp();
    return this.#keys.node.close();
  }

  /** The administration of the keys, wherever they are. */
  administration(
    moveKeys: NonNullable<KeyAdministration['moveKeys']>,
  ): SealedAdministration & Pick<KeyAdministration, 'moveKeys'> {
    return {
      countsEncryptions: true,
      listingGap: () => this.#keys.administration.listingGap(),
      listKeys: async () => this.#keysHere().administration.listKeys(),
      takenIds: async () => this.#keysHere().administration.takenIds(),
      masterKeyIdOf: async (id) => this.#keysHere().administration.masterKeyIdOf(id),
      summarizeKey: async (id) => this.#keysHere().administration.summarizeKey(id),
      createKey: (...call) => this.#act((keys) => keys.createKey(...call)),
      rotateKey: (...call) => this.#act((keys) => keys.rotateKey(...call)),
      destroyVersion: (...call) => this.#act((keys) => keys.destroyVersion(...call)),
      destroyKey: (...call) => this.#act((keys) => keys.destroyKey(...call)),
      materialImport: {
        ways: IMPORT_WAYS,
        createWrappingKey: (...call) =>
          this.#act(({ materialImport }) => materialImport.createWrappingKey(...call)),
        importKeyMaterial: (...call) =>
          this.#act(({ materialImport }) => materialImport.importKeyMaterial(...call)),
        destroyWrappingKey: (...call) =>
          this.#act(({ materialImport }) => materialImport.destroyWrappingKey(...call)),
      },
      moveKeys: async (target) => {
        this.#keysHere();
        return moveKeys(target);
      },
    };
  }

  /** Does an act where the keys are, and again where they have got to: acts may be repeated. */
  async #act<T>(act: (administration: SealedAdministration) => Promise<T>): Promise<T> {
    return this.#orAtNext(act(this.#keysHere().administration), () => this.#act(act));
  }

  #takeOverReading(): void {
    const { node } = this.#keys;
    delete this.describeKeyAnew;
    if (node.describeKeyAnew !== undefined) {
      const anew = node.describeKeyAnew.bind(node);
      this.describeKeyAnew = async (externalKeyId, deadline) => {
        this.#keysHere();
        return anew(externalKeyId, deadline);
      };
    }
  }

  /** @throws KeyManagerError `internal` where others have moved them elsewhere */
  #keysHere(): PlacedKeys {
    const refusal = this.#keys.refusal();
    if (refusal !== undefined) throw new KeyManagerError('internal', refusal);
    return this.#keys;
  }

  /** Waits for work, and does it again where the keys have got to, should they move meanwhile. */
  #orAtNext<T>(work: Promise<T>, again: () => MaybePromise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const goOn = () => {
        Promise.resolve().then(again).then(resolve, reject);
      };
      this.#waiting.add(goOn);
      work.then(resolve, reject).finally(() => this.#waiting.delete(goOn));
    });
  }
}
