import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import type { KeyManagerNode, NodeHealth } from '../backend.js';
import { checkFleet, type FleetNodeHealth } from './fleet-check.js';
import { withinDeadline } from '../within-deadline.js';

/** GetHealthStatus must not tell of anything older (one minute). */
const MAX_AGE_MS = 60_000;
const REFRESH_INTERVAL_MS = 20_000;
/** A node that is down is looked at more often, so that it is back in service soon. */
const RECOVERY_INTERVAL_MS = 2_000;
const CHECK_BUDGET_MS = 5_000;

/** The health of every node, in configured order. */
type FleetHealth = readonly FleetNodeHealth[];

/**
 * The health of a key manager's nodes: checks them deeply in the background and hands out the last
 * result while it is young enough.
 *
 * @see XKS Proxy API, section GetHealthStatus, "KMS Considerations"
 */
export class HealthMonitor {
  readonly #nodes: readonly KeyManagerNode[];
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  readonly #onChange: (node: KeyManagerNode, health: NodeHealth) => void;
  #last: { readonly health: FleetHealth; readonly startedAt: number } | undefined;
  #running: Promise<FleetHealth> | undefined;

  /** @param onChange called when a node's status or its detail differ from the check before */
  constructor(
    nodes: readonly KeyManagerNode[],
    clock: Clock,
    onChange: (node: KeyManagerNode, health: NodeHealth) => void,
  ) {
    this.#nodes = nodes;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#timer = setInterval(() => {
      if (this.#isDue()) void this.#check();
    }, RECOVERY_INTERVAL_MS).unref();
  }

  /** The result of the last check of a node; `undefined` before the first has ended. */
  last(index: number): FleetNodeHealth | undefined {
    return this.#last?.health[index];
  }

  /**
   * The last results, or new ones when those are more than a minute old; UNAVAILABLE when none
   * come in time.
   */
  async current(deadline: Deadline): Promise<FleetHealth> {
    const last = this.#last;
    if (last !== undefined && this.#clock.monotonic() - last.startedAt <= MAX_AGE_MS) {
      return last.health;
    }
    const detail = 'the health check did not end in time';
    return withinDeadline(this.#check(), deadline, 'the node').catch(() =>
      this.#nodes.map(() => ({ status: 'UNAVAILABLE', detail })),
    );
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #isDue(): boolean {
    if (this.#last === undefined) return true;
    const isDown = this.#last.health.some(({ status }) => status === 'UNAVAILABLE');
    const age = this.#clock.monotonic() - this.#last.startedAt;
    return isDown || age >= REFRESH_INTERVAL_MS;
  }

  /** One check at a time; whoever asks meanwhile shares it. */
  #check(): Promise<FleetHealth> {
    this.#running ??= this.#checkOnce().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #checkOnce(): Promise<FleetHealth> {
    const startedAt = this.#clock.monotonic();
    const health = await checkFleet(this.#nodes, Deadline.after(this.#clock, CHECK_BUDGET_MS));
    const before = this.#last?.health;
    this.#last = { health, startedAt };
    for (const [index, node] of this.#nodes.entries()) {
      const [now, then] = [health[index], before?.[index]];
      if (now === undefined) continue;
      if (now.status !== then?.status || now.detail !== then.detail) this.#onChange(node, now);
    }
    return health;
  }
}
