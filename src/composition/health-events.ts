import type { KeyManagerNode, NodeHealth } from '../key-managers/backend.js';
import type { Tell } from '../notifications/events.js';

/** The events of a key manager's nodes: down, and up again. */
export class HealthEvents {
  readonly #keyManager: string;
  readonly #tell: Tell;
  readonly #down = new Set<string>();

  /** @param keyManager its name */
  constructor(keyManager: string, tell: Tell) {
    this.#keyManager = keyManager;
    this.#tell = tell;
  }

  /** Tells a change of a node's health. A node that is well from the beginning is no event. */
  changed({ name: node, location }: KeyManagerNode, { status: health, detail }: NodeHealth): void {
    const event = health === 'ACTIVE' ? 'node-up' : 'node-down';
    if (health === 'ACTIVE' && !this.#down.delete(node)) return;
    if (health !== 'ACTIVE') this.#down.add(node);
    const keyManager = this.#keyManager;
    this.#tell.tell({ event, keyManager, node, location, health, reason: detail });
  }
}
