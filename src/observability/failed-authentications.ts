import type { Clock } from '../shared/clock.js';
import type { RequestEntry } from './request-entry.js';

/** Addresses, and access key ids, that are counted each by itself. */
const MAX_NAMES = 1_000;
/** Access key ids are what strangers make of them; longer ones are no credential of anybody's. */
const ACCESS_KEY_ID = /^[A-Za-z0-9]{1,64}$/;
const MALFORMED = 'malformed';
const MISSING = 'missing';

/** The failed authentications of one address or access key id. */
export interface FailureCount {
  readonly name: string;
  readonly count: number;
  /** Time of the first and of the latest one, ISO 8601. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** The fault of the latest signature. */
  readonly lastFailure: string;
}

/** The failed authentications of one kind of name. */
export interface FailureCounts {
  /** The names that failed most, in that order. */
  readonly top: readonly FailureCount[];
  /** Failures of names that are not counted by themselves any more. */
  readonly others: number;
}

/** The failed authentications since the start of the process. */
export interface FailedAuthenticationSummary {
  readonly since: string;
  readonly total: number;
  readonly addresses: FailureCounts;
  readonly accessKeyIds: FailureCounts;
}

/**
 * Counts failed authentications by the address that they came from and by the access key id that
 * they claimed. It refuses and delays nobody: behind a load balancer, KMS may share its address
 * with strangers.
 */
export class FailedAuthentications {
  readonly #clock: Clock;
  readonly #since: string;
  readonly #addresses: NameCounts;
  readonly #accessKeyIds: NameCounts;
  #total = 0;

  constructor(clock: Clock, maxNames = MAX_NAMES) {
    this.#clock = clock;
    this.#since = new Date(clock.now()).toISOString();
    this.#addresses = new NameCounts(maxNames);
    this.#accessKeyIds = new NameCounts(maxNames);
  }

  /** Counts a request, where it failed authentication. */
  note({
    authenticationFailure: failure,
    clientAddress,
    accessKeyId,
  }: Pick<RequestEntry, 'authenticationFailure' | 'clientAddress' | 'accessKeyId'>): void {
    if (failure === undefined) return;
    const now = this.#clock.now();
    this.#total += 1;
    this.#addresses.add(clientAddress, { now, failure });
    this.#accessKeyIds.add(nameOf(accessKeyId), { now, failure });
  }

  /** @param most names of each kind that are told */
  summary(most: number): FailedAuthenticationSummary {
    return {
      since: this.#since,
      total: this.#total,
      addresses: this.#addresses.counts(most),
      accessKeyIds: this.#accessKeyIds.counts(most),
    };
  }
}

function nameOf(accessKeyId: string | undefined): string {
  if (accessKeyId === undefined) return MISSING;
  return ACCESS_KEY_ID.test(accessKeyId) ? accessKeyId : MALFORMED;
}

interface Failures {
  count: number;
  readonly firstAt: number;
  lastAt: number;
  lastFailure: string;
}

/** Counts by name. Where there is no room, the name that has failed least recently gives way. */
class NameCounts {
  readonly #maxNames: number;
  readonly #byName = new Map<string, Failures>();
  #others = 0;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  add(name: string, { now, failure }: { readonly now: number; readonly failure: string }): void {
    const known = this.#byName.get(name);
    if (known === undefined) {
      this.#makeRoom();
      this.#byName.set(name, { count: 1, firstAt: now, lastAt: now, lastFailure: failure });
      return;
    }
    known.count += 1;
    known.lastAt = now;
    known.lastFailure = failure;
    this.#byName.delete(name);
    this.#byName.set(name, known);
  }

  counts(most: number): FailureCounts {
    const sorted = [...this.#byName].sort(([, one], [, other]) => other.count - one.count);
    const told = sorted.slice(0, most);
    const untold = sorted.slice(most).reduce((sum, [, { count }]) => sum + count, 0);
    return {
      top: told.map(([name, { count, firstAt, lastAt, lastFailure }]) => ({
        ...{ name, count, lastFailure },
        firstAt: new Date(firstAt).toISOString(),
        lastAt: new Date(lastAt).toISOString(),
      })),
      others: this.#others + untold,
    };
  }

  #makeRoom(): void {
    if (this.#byName.size < this.#maxNames) return;
    for (const [name, { count }] of this.#byName) {
      this.#others += count;
      this.#byName.delete(name);
      return;
    }
  }
}
