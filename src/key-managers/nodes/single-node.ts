import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import type {
  KeyAdministration,
  KeyDescription,
  KeyManagerNode,
  KeyRef,
  NodeHealth,
  Sealed,
} from '../backend.js';
import type { KeyManager, NodeReport, OpenedByNode, SealedByNode } from '../key-manager.js';
import { CheckedNode } from './conditions.js';
import { HealthMonitor } from './health-monitor.js';

/** What a key manager of one node is made of. */
export interface SingleNodeOptions {
  /** Its name in the configuration. */
  readonly name: string;
  readonly type: string;
  readonly node: KeyManagerNode;
  readonly administration: KeyAdministration;
  readonly clock: Clock;
  /** Called when the node's health has changed. */
  readonly onHealthChange: (node: KeyManagerNode, health: NodeHealth) => void;
}

/** A key manager that is one node: checks around every call, and watched health. */
export class SingleNodeKeyManager implements KeyManager {
  readonly name: string;
  readonly type: string;
  readonly administration: KeyAdministration;
  readonly #node: CheckedNode;
  readonly #health: HealthMonitor;

  constructor({ name, type, node, administration, clock, onHealthChange }: SingleNodeOptions) {
    this.name = name;
    this.type = type;
    this.administration = administration;
    this.#node = new CheckedNode(node);
    this.#health = new HealthMonitor(this.#node, clock, (health) => {
      onHealthChange(node, health);
    });
  }

  describeKey(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return this.#node.describeKey(externalKeyId, deadline);
  }

  async encrypt(
    key: KeyRef,
    plaintext: Buffer,
    aad: Buffer,
    deadline: Deadline,
  ): Promise<SealedByNode> {
    const sealed = await this.#node.encrypt(key, plaintext, aad, deadline);
    return { ...sealed, node: this.#node.name };
  }

  async decrypt(
    key: KeyRef,
    sealed: Sealed,
    aad: Buffer,
    deadline: Deadline,
  ): Promise<OpenedByNode> {
    const plaintext = await this.#node.decrypt(key, sealed, aad, deadline);
    return { plaintext, node: this.#node.name };
  }

  async health(deadline: Deadline): Promise<readonly NodeReport[]> {
    const { name, location, vendor, model } = this.#node;
    return [{ name, location, vendor, model, ...(await this.#health.current(deadline)) }];
  }

  async close(): Promise<void> {
    this.#health.stop();
    await this.#node.close();
  }
}
