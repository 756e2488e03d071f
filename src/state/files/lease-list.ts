import type { Clock } from '../../shared/clock.js';
import { type Lease, LEASE_MS, type LeaseRenewal } from '../store.js';

/** The leases of a store that one process has for itself: they end with it at the latest. */
export class LeaseList {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #leases = new Map<string, { readonly renewal: LeaseRenewal; readonly endsAt: number }>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  renew(renewal: LeaseRenewal): void {
    this.#leases.set(renewal.replica, { renewal, endsAt: this.#clock.monotonic() + LEASE_MS });
  }

  end(replica: string): void {
    this.#leases.delete(replica);
  }

  /** The leases that have not ended. */
  get live(): readonly Lease[] {
    const now = this.#clock.monotonic();
    return [...this.#leases.values()]
      .filter(({ endsAt }) => endsAt > now)
      .map(({ renewal, endsAt }) => ({ ...renewal, endsInMs: endsAt - now }));
  }
}
