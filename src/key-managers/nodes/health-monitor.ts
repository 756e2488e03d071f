import { once } from 'node:events';
import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import type { KeyManagerNode, NodeHealth } from '../backend.js';

/** GetHealthStatus must not tell of anything older (one minute). */
const MAX_AGE_MS = 60_000;
const REFRESH_INTERVAL_MS = 20_000;
const CHECK_BUDGET_MS = 5_000;

/**
 * Knows how one node is: checks it deeply in the background and hands out the last result while
 * it is young enough.
 *
 * @see XKS Proxy API, section GetHealthStatus, "KMS Considerations"
 */
export class HealthMonitor {
  readonly #node: KeyManagerNode;
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  readonly #onChange: (health: NodeHealth) => void;
  #last: { readonly health: NodeHealth; readonly startedAt: number } | undefined;
  #running: Promise<NodeHealth> | undefined;

  /** @param onChange called when the status or its detail differ from the check before */
  constructor(node: KeyManagerNode, clock: Clock, onChange: (health: NodeHealth) => void) {
    this.#node = node;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#timer = setInterval(() => void this.#check(), REFRESH_INTERVAL_MS).unref();
  }

  /** The last result, or a new one when that is more than a minute old; UNAVAILABLE when none comes in time. */
  async current(deadline: Deadline): Promise<NodeHealth> {
    const last = this.#last;
    if (last !== undefined && this.#clock.monotonic() - last.startedAt <= MAX_AGE_MS) {
      return last.health;
    }
    return Promise.race([this.#check(), givenUp(deadline)]);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One check at a time; whoever asks meanwhile shares it. */
  #check(): Promise<NodeHealth> {
    this.#running ??= this.#checkOnce().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #checkOnce(): Promise<NodeHealth> {
    const startedAt = this.#clock.monotonic();
    const health = await this.#node.checkHealth(Deadline.after(this.#clock, CHECK_BUDGET_MS));
    const before = this.#last?.health;
    this.#last = { health, startedAt };
    if (before?.status !== health.status || before.detail !== health.detail) this.#onChange(health);
    return health;
  }
}

async function givenUp({ signal }: Deadline): Promise<NodeHealth> {
  // A signal that has aborted before anybody listened does not say so again.
  if (!signal.aborted) await once(signal, 'abort');
  return { status: 'UNAVAILABLE', detail: 'the health check did not end in time' };
}
