import type { Clock } from '../../shared/clock.js';
import { type Lease, LEASE_MS } from '../store.js';

/**
 * The leases that the store told last, and this replica's own. Times are measured here, on the
 * monotonic clock from before the store was asked: clocks of replicas may be wrong.
 */
export class LeaseTable {
  readonly #replica: string;
  readonly #clock: Clock;
  #leases: readonly Lease[] = [];
  #ownEndsAt = 0;
  #settled = 0;

  constructor(replica: string, clock: Clock) {
    this.#replica = replica;
    this.#clock = clock;
  }

  /** The leases as the store told them last. */
  get leases(): readonly Lease[] {
    return this.#leases;
  }

  /** True while this replica has a lease. */
  get isHeld(): boolean {
    return this.#clock.monotonic() < this.#ownEndsAt;
  }

  /** The revision up to which every live replica has applied every change; it never goes back. */
  get settled(): number {
    return this.#settled;
  }

  /** @param askedAt the monotonic time before the store was asked */
  renewed(askedAt: number): void {
    this.#ownEndsAt = askedAt + LEASE_MS;
  }

  /** @param applied the revision that this replica has applied */
  told(leases: readonly Lease[], applied: number): void {
    this.#leases = leases;
    const others = leases.filter(({ replica }) => replica !== this.#replica);
    const everywhere = Math.min(applied, ...others.map((lease) => lease.applied));
    this.#settled = Math.max(this.#settled, everywhere);
  }
}
