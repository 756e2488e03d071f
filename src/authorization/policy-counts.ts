/** The decisions of the policies of a key store since the start of the process. */
export interface PolicyCounts {
  /** Decisions that were remembered. */
  remembered: number;
  /** Decisions for which Cedar was asked. */
  evaluated: number;
  /** Decisions that an error has made. */
  errors: number;
  /** Requests that the candidate was evaluated for. */
  shadowCompared: number;
  /** Requests that the candidate was not evaluated for, to save time. */
  shadowSkipped: number;
  /** Requests that were denied and that the candidate would allow. */
  shadowWouldAllow: number;
  /** Requests that were allowed and that the candidate would deny. */
  shadowWouldDeny: number;
}

/** Counts from zero. */
export function newPolicyCounts(): PolicyCounts {
  return {
    ...{ remembered: 0, evaluated: 0, errors: 0 },
    ...{ shadowCompared: 0, shadowSkipped: 0, shadowWouldAllow: 0, shadowWouldDeny: 0 },
  };
}

/** The counts of every key store that has had policies: they outlive generations. */
export class CountsByKeyStore {
  readonly #counts = new Map<string, PolicyCounts>();

  of(keyStore: string): PolicyCounts {
    const counts = this.#counts.get(keyStore) ?? newPolicyCounts();
    this.#counts.set(keyStore, counts);
    return counts;
  }

  /** The counts by the names of key stores. */
  all(): ReadonlyMap<string, Readonly<PolicyCounts>> {
    return this.#counts;
  }
}
