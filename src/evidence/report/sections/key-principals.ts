import type { Collector, Entry, ReportFinding } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { type Counted, Tally, totalOf } from '../model/tally.js';

const NONE = '(not recorded)';
/** A pair takes more room than a key, and most reports have fewer of them than rows of one list. */
const PAIRS_PER_LINE = 10;

/** Which principal used which key, and which of them are new. */
export class KeyPrincipalsCollector implements Collector {
  readonly #fromMs: number;
  readonly #limit: number;
  readonly #pairs: Tally;
  /** Pairs before the period; counts and times are not looked at. */
  readonly #before: Tally;
  #reachesBefore = false;
  #byPrincipal: Tally | undefined;

  constructor(fromMs: number, limit: number) {
    this.#fromMs = fromMs;
    this.#limit = limit;
    const parts = { externalKeyId: 'Key', awsPrincipalArn: 'Principal' };
    const id = 'key-principals';
    const title = 'Keys and principals';
    this.#pairs = new Tally({ id, title, parts, limit: limit * PAIRS_PER_LINE });
    this.#before = new Tally({ id, title, parts, limit: 0 });
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (record.type !== 'key-operation') return;
    const { externalKeyId = NONE, awsPrincipalArn = NONE } = record;
    const success = record.result === 'success';
    if (inPeriod) {
      this.#pairs.add([externalKeyId, awsPrincipalArn], timeMs, success);
    } else if (timeMs < this.#fromMs) {
      this.#reachesBefore = true;
      if (success) this.#before.add([externalKeyId, awsPrincipalArn], timeMs, true);
    }
  }

  findings(): readonly ReportFinding[] {
    const fresh = this.#newPairs();
    const refused = this.#onlyRefused();
    const base = { section: 'key-principals', level: 'check' } as const;
    return [
      {
        ...base,
        count: fresh.length,
        finding:
          'Keys were used by principals that had not used them before the period, as far as the logs reach.',
        where: 'New in the period',
      },
      {
        ...base,
        count: refused.length,
        finding: 'Principals were refused, or failed, each time they asked for a key.',
        where: 'Principals without any success',
      },
    ];
  }

  totals(): Readonly<Record<string, number>> {
    return {
      'Keys that were used or asked for': new Set(this.#pairs.values().map(({ value }) => value[0]))
        .size,
      Principals: this.#principals().values().length,
    };
  }

  section(): Section {
    const cells = ({ value: [externalKeyId, awsPrincipalArn], count }: Counted) => ({
      externalKeyId,
      awsPrincipalArn,
      first: new Date(count.firstMs).toISOString(),
      total: totalOf(count),
    });
    const fresh = new RowList({
      id: 'new-key-principals',
      title: 'New in the period',
      titles: {
        externalKeyId: 'Key',
        awsPrincipalArn: 'Principal',
        first: ['First', 'time'],
        total: ['Total', 'count'],
      },
    });
    for (const counted of this.#newPairs()) fresh.add(cells(counted));
    return {
      id: 'key-principals',
      title: 'Who used which key',
      about:
        'Each principal with each key that it used or asked for in the period. A principal is new to a key ' +
        'when it used the key in the period, and the logs have no use of it before.',
      tables: [
        this.#pairs.table(),
        fresh.table(this.#newNote()),
        this.#principals().table(undefined, ({ success }) => success === 0),
      ],
    };
  }

  #newNote(): string {
    if (!this.#reachesBefore)
      return 'Who is new cannot be told: the logs have no key operation before the period.';
    return this.#before.overflowed || this.#pairs.overflowed
      ? 'There are more keys and principals than are told apart, so this list is not complete.'
      : '';
  }

  /** Undecided pairs are left out: where the time before is not known, nobody is new. */
  #newPairs(): readonly Counted[] {
    if (!this.#reachesBefore || this.#before.overflowed) return [];
    return this.#pairs
      .values()
      .filter(({ value, count }) => count.success > 0 && !this.#before.has(value))
      .sort((a, b) => a.count.firstMs - b.count.firstMs);
  }

  #onlyRefused(): readonly Counted[] {
    return this.#principals()
      .values()
      .filter(({ count }) => count.success === 0);
  }

  /** Made of the pairs when all of them are counted. */
  #principals(): Tally {
    if (this.#byPrincipal !== undefined) return this.#byPrincipal;
    const parts = { awsPrincipalArn: 'Principal' };
    const title = 'Principals without any success';
    const limit = this.#limit;
    const principals = new Tally({ id: 'principals-without-success', title, parts, limit });
    for (const { value, count } of this.#pairs.values()) principals.merge(value.slice(1), count);
    this.#byPrincipal = principals;
    return principals;
  }
}
