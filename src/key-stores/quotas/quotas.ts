import type { Clock } from '../../shared/clock.js';
import type { QuotasConfig } from './config.js';
import { type Excess, type Limit, limitOf, type Meter } from './meter.js';
import { MeterTable } from './meter-table.js';

/** The holders of a quota. */
export const QUOTA_HOLDERS = ['key-store', 'credential', 'account'] as const;

/** One of {@link QUOTA_HOLDERS}. */
export type QuotaHolder = (typeof QUOTA_HOLDERS)[number];

/** A quota that a request exceeds. */
export interface Exceeded {
  readonly holder: QuotaHolder;
  /** Name of the key store, access key id, or account id. */
  readonly name: string;
  readonly excess: Excess;
  readonly limit: Limit;
}

/** The meters of all key stores. They belong to the process: a reload does not fill a bucket. */
export class QuotaMeters {
  readonly #tables = new Map<string, MeterTable>();

  /** The meters of one kind of holder in one key store. */
  of(keyStore: string, holder: QuotaHolder): MeterTable {
    const key = `${holder}/${keyStore}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const made = new MeterTable();
    this.#tables.set(key, made);
    return made;
  }
}

/** A holder's limit, and the meters of all that hold one. */
interface Quota {
  readonly limit: Limit;
  readonly meters: MeterTable;
}

/** The quotas of one key store. */
export class KeyStoreQuotas {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #quotas: ReadonlyMap<QuotaHolder, Quota>;

  constructor(
    { name, quotas }: { readonly name: string; readonly quotas: QuotasConfig },
    { meters, clock }: { readonly meters: QuotaMeters; readonly clock: Clock },
  ) {
    this.#name = name;
    this.#clock = clock;
    const { perCredential, perAccount, ...own } = quotas;
    const limits = [
      ['key-store', limitOf(own)],
      ['credential', perCredential && limitOf(perCredential)],
      ['account', perAccount && limitOf(perAccount)],
    ] as const;
    this.#quotas = new Map(
      limits.flatMap(([holder, limit]) =>
        limit === undefined ? [] : [[holder, { limit, meters: meters.of(name, holder) }] as const],
      ),
    );
  }

  /** Begins to count a request. */
  request(): CountedRequest {
    return new CountedRequest((holder, name) => {
      const quota = this.#quotas.get(holder);
      if (quota === undefined) return undefined;
      const now = this.#clock.monotonic();
      const { limit, meters } = quota;
      const holderName = holder === 'key-store' ? this.#name : name;
      const meter = meters.of(holderName, limit, now);
      const excess = meter.enter(limit, now);
      return excess === undefined ? meter : { holder, name: holderName, excess, limit };
    });
  }
}

/** Lets a request in at one holder's meter. */
type Enter = (holder: QuotaHolder, name: string) => Meter | Exceeded | undefined;

/** A request as quotas count it, until it is answered. */
export class CountedRequest {
  readonly #enter: Enter;
  #entered: Meter[] = [];

  constructor(enter: Enter) {
    this.#enter = enter;
  }

  /**
   * Counts the request for its key store and its credential.
   *
   * @returns the quota that it exceeds; then it counts for none
   */
  ofCredential(accessKeyId: string): Exceeded | undefined {
    return this.#at('key-store', '') ?? this.#at('credential', accessKeyId);
  }

  /**
   * Counts the request for its account.
   *
   * @returns the quota that it exceeds; then it counts for none
   */
  ofAccount(account: string): Exceeded | undefined {
    return this.#at('account', account);
  }

  /** The request is answered. */
  end(): void {
    for (const meter of this.#entered) meter.leave();
    this.#entered = [];
  }

  #at(holder: QuotaHolder, name: string): Exceeded | undefined {
    const entered = this.#enter(holder, name);
    if (entered === undefined) return undefined;
    if ('enter' in entered) {
      this.#entered.push(entered);
      return undefined;
    }
    for (const meter of this.#entered) meter.takeBack();
    this.#entered = [];
    return entered;
  }
}
