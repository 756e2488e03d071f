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
import { type HealthPorts, healthOf } from './health.js';
import type { RememberedKeys } from '../remembered-keys.js';
import type { KnownKey } from './known-keys.js';
import type { TransitVersion } from './transit.js';

/** Failures that may mean that the remembered description of a key is out of date. */
const CONTRADICTIONS: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'key-disabled',
  'version-not-found',
  // Under a good policy, encrypting with a key that has been deleted is forbidden.
  'misconfigured',
]);

/** Ports that the composition hands to a node. */
export interface VaultNodePorts extends HealthPorts {
  readonly name: string;
  readonly location: string;
  readonly keys: RememberedKeys<KnownKey>;
}

/** The node of one address of OpenBao or Vault. */
export class VaultNode implements KeyManagerNode {
  readonly name: string;
  readonly location: string;
  readonly vendor = 'OpenBao or HashiCorp Vault';
  readonly model = 'Transit';
  readonly inProcess = false;
  readonly #ports: VaultNodePorts;

  constructor(ports: VaultNodePorts) {
    this.name = ports.name;
    this.location = ports.location;
    this.#ports = ports;
  }

  async describeKey(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#ports.keys.get(externalKeyId, deadline)).description;
  }

  async describeKeyAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#ports.keys.getAnew(externalKeyId, deadline)).description;
  }

  /** Encrypts. Transit draws the IV: 96 random bits. */
  encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<Sealed> {
    const { transit } = this.#ports;
    const work = (version: TransitVersion) => transit.encrypt(version, plaintext, aad, deadline);
    return this.#use(ref, 'ENCRYPT', deadline, work);
  }

  decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): Promise<Buffer> {
    const { transit } = this.#ports;
    const work = (version: TransitVersion) => transit.decrypt(version, sealed, aad, deadline);
    return this.#use(ref, 'DECRYPT', deadline, work);
  }

  checkHealth(deadline: Deadline): Promise<NodeHealth> {
    return healthOf(this, this.#ports, deadline);
  }

  async close(): Promise<void> {
    await this.#ports.client.close();
  }

  async #use<T>(
    ref: KeyRef,
    usage: KeyUsage,
    deadline: Deadline,
    work: (version: TransitVersion) => Promise<T>,
  ): Promise<T> {
    const { keys } = this.#ports;
    const { transitKey } = keys.usableNow(ref, usage) ?? (await keys.usable(ref, usage, deadline));
    try {
      return await work({ transitKey, version: ref.version.version });
    } catch (error) {
      throw await this.#explained(error, ref, deadline);
    }
  }

  /** Explains a refusal: it reads the key to find out whether it still exists. */
  async #explained(error: unknown, ref: KeyRef, deadline: Deadline): Promise<unknown> {
    if (!(error instanceof KeyManagerError) || !CONTRADICTIONS.has(error.code)) return error;
    const { keys } = this.#ports;
    keys.forget(ref.externalKeyId);
    if (error.code !== 'misconfigured') return error;
    try {
      await keys.get(ref.externalKeyId, deadline);
      return error;
    } catch (found) {
      const isGone = found instanceof KeyManagerError && found.code === 'key-not-found';
      return isGone ? found : error;
    }
  }
}
