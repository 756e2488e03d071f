import type { Deadline } from '../../shared/deadline.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
  type NodeHealth,
  type Sealed,
} from '../backend.js';
import { type HealthPorts, healthOf } from './health.js';
import type { KnownKeys } from './known-keys.js';

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
  readonly keys: KnownKeys;
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
    return this.#ports.keys.describe(externalKeyId, deadline);
  }

  async describeKeyAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return this.#ports.keys.describeAnew(externalKeyId, deadline);
  }

  /** Encrypts. Transit draws the IV: 96 random bits. */
  async encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<Sealed> {
    const { keys, transit } = this.#ports;
    const version = await keys.usable(ref, 'ENCRYPT', deadline);
    try {
      return await transit.encrypt(version, plaintext, aad, deadline);
    } catch (error) {
      throw await this.#explained(error, ref, deadline);
    }
  }

  async decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): Promise<Buffer> {
    const { keys, transit } = this.#ports;
    const version = await keys.usable(ref, 'DECRYPT', deadline);
    try {
      return await transit.decrypt(version, sealed, aad, deadline);
    } catch (error) {
      throw await this.#explained(error, ref, deadline);
    }
  }

  checkHealth(deadline: Deadline): Promise<NodeHealth> {
    return healthOf(this, this.#ports, deadline);
  }

  async close(): Promise<void> {
    await this.#ports.client.close();
  }

  /** Explains a refusal: it reads the key to find out whether it still exists. */
  async #explained(error: unknown, ref: KeyRef, deadline: Deadline): Promise<unknown> {
    if (!(error instanceof KeyManagerError) || !CONTRADICTIONS.has(error.code)) return error;
    const { keys } = this.#ports;
    keys.forget(ref.externalKeyId);
    if (error.code !== 'misconfigured') return error;
    try {
      await keys.describe(ref.externalKeyId, deadline);
      return error;
    } catch (found) {
      const isGone = found instanceof KeyManagerError && found.code === 'key-not-found';
      return isGone ? found : error;
    }
  }
}
