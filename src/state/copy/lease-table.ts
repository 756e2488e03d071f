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
  /** A lease that did not follow on another one is of use once the store has been asked again. */
  #begunAt: number | undefined;
  #settled = 0;

  constructor(replica: string, clock: Clock) {
    this.#replica = replica;
    this.#clock = clock;
  }

  /** The leases as the store told them last. */
  get leases(): readonly Lease[] {
    return this.#leases;
  }

  /**
   * True while this replica has a lease. Others encrypt with versions that everybody with a lease
   * has applied, so a lease counts from the first answer to a question that came after it: what was
   * settled before the others knew of the lease is in that answer.
   */
  get isHeld(): boolean {
    return this.#begunAt === undefined && this.#clock.monotonic() < this.#ownEndsAt;
  }

  /** The revision up to which every live replica has applied every change; it never goes back. */
  get settled(): number {
    return this.#settled;
  }

  /** @param askedAt the monotonic time before the store was asked */
  renewed(askedAt: number): void {
    if (this.#clock.monotonic() >= this.#ownEndsAt) this.#begunAt = this.#clock.monotonic();
    this.#ownEndsAt = askedAt + LEASE_MS;
  }

  /** This replica has no lease any more. */
  ended(): void {
    this.#ownEndsAt = 0;
  }

  /**
   * @param applied the revision that this replica has applied
   * @param askedAt the monotonic time before the store was asked
   */
  told(leases: readonly Lease[], applied: number, askedAt: number): void {
    if (this.#begunAt !== undefined && askedAt >= this.#begunAt) this.#begunAt = undefined;
    this.#leases = leases;
    const others = leases.filter(({ replica }) => replica !== this.#replica);
    const everywhere = Math.min(applied, ...others.map((lease) => lease.applied));
    this.#settled = Math.max(this.#settled, everywhere);
  }
}
