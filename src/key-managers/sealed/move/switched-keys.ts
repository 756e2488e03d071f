import type { Deadline } from '../../../shared/deadline.js';
import type {
  KeyAdministration,
  KeyDescription,
  KeyManagerNode,
  KeyMakingAdministration,
  KeyRef,
  KeySummary,
  KeyUsage,
  NodeHealth,
  Sealed,
} from '../../backend.js';
import type { MaybePromise } from '../../maybe-promise.js';
import type { PlacedKeys } from '../keys/placed-keys.js';

/** Sealed keys whose place can change while they serve. */
export class SwitchedKeys implements KeyManagerNode {
  readonly name: string;
  readonly location: string;
  readonly inProcess = true;
  /** Present while other replicas can change the keys. */
  describeKeyAnew?: NonNullable<KeyManagerNode['describeKeyAnew']>;
  readonly #waiting = new Set<() => void>();
  #keys: PlacedKeys;

  constructor(keys: PlacedKeys) {
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
    return this.#keys.node.describeKey(externalKeyId, deadline);
  }

  encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): MaybePromise<Sealed> {
    const sealed = this.#keys.node.encrypt(ref, plaintext, aad, deadline);
    if (!(sealed instanceof Promise)) return sealed;
    return this.#orAtNext(sealed, () => this.encrypt(ref, plaintext, aad, deadline));
  }

  decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): MaybePromise<Buffer> {
    return this.#keys.node.decrypt(ref, sealed, aad, deadline);
  }

  checkHealth(deadline: Deadline): Promise<NodeHealth> {
    return this.#keys.node.checkHealth(deadline);
  }

  close(): Promise<void> {
    this.#keys.gate.giveUp();
    return this.#keys.node.close();
  }

  /** The administration of the keys, wherever they are. */
  administration(
    moveKeys: NonNullable<KeyAdministration['moveKeys']>,
  ): KeyMakingAdministration & Pick<KeyAdministration, 'moveKeys'> {
    return {
      countsEncryptions: true,
      listKeys: () => this.#keys.administration.listKeys(),
      createKey: (externalKeyId, usage) => this.#create(externalKeyId, usage),
      moveKeys,
    };
  }

  #create(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<KeySummary> {
    return this.#orAtNext(this.#keys.administration.createKey(externalKeyId, usage), () =>
      this.#create(externalKeyId, usage),
    );
  }

  #takeOverReading(): void {
    const { node } = this.#keys;
    delete this.describeKeyAnew;
    if (node.describeKeyAnew !== undefined) {
      this.describeKeyAnew = node.describeKeyAnew.bind(node);
    }
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
