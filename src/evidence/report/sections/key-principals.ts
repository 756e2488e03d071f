import type { Collector, Entry, CollectedFinding, SectionPlan } from '../model/collector.js';
import { isSuccess, NOT_RECORDED } from '../model/declared.js';
import { RowList } from '../model/row-list.js';
import { type CountedValue, Tally } from '../model/tally.js';

/** A report has more keys with their principals than it has keys. */
const PAIRS_PER_LINE = 10;
const PARTS = { externalKeyId: 'Key', awsPrincipalArn: 'Principal' };
const NEW = 'New in the period';
const REFUSED = 'Principals without any success';

/** Principals by the keys that they used, and those that are new to a key. */
export function keyPrincipalsSection(fromMs: number, limit: number): SectionPlan {
  return {
    id: 'key-principals',
    title: 'Who used which key',
    about:
      'Each principal with each key that it used or asked for in the period. A principal is new to a key ' +
      'when it used the key in the period, and the logs have no use of it before.',
    controls: [
      '10.2.2 who, what, when, result; 7.2.4 review of access',
      'Art. 6(2)(d) correct use of keys; Art. 12(2)(c)(i) logical access',
      'A.5.18, A.8.15, A.8.24',
      'Section 5.3 (originator and recipient usage), Section 9 (accountability)',
    ],
    collectors: [new KeyPrincipals(fromMs, limit)],
  };
}

class KeyPrincipals implements Collector {
  readonly types = ['key-operation'] as const;
  readonly #fromMs: number;
  readonly #limit: number;
  readonly #pairs: Tally;
  /** Pairs that were used before the period; counts and times are not looked at. */
  readonly #before: Tally;
  #reachesBefore = false;
  #byPrincipal: Tally | undefined;

  constructor(fromMs: number, limit: number) {
    this.#fromMs = fromMs;
    this.#limit = limit;
    const shape = { id: 'key-principals', title: 'Keys and principals', parts: PARTS };
    this.#pairs = new Tally({ ...shape, limit: limit * PAIRS_PER_LINE });
    this.#before = new Tally({ ...shape, limit: 0 });
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (record.type !== 'key-operation') return;
    const { externalKeyId = NOT_RECORDED, awsPrincipalArn = NOT_RECORDED } = record;
    const success = isSuccess(record);
    if (inPeriod) {
      this.#pairs.add([externalKeyId, awsPrincipalArn], timeMs, success);
    } else if (timeMs < this.#fromMs) {
      this.#reachesBefore = true;
      if (success) this.#before.add([externalKeyId, awsPrincipalArn], timeMs, true);
    }
  }

  totals(): Readonly<Record<string, number>> {
    const keys = new Set(this.#pairs.values().map(({ value }) => value[0]));
    const principals = this.#principals().values().length;
    return { 'Keys that were used or asked for': keys.size, Principals: principals };
  }

  findings(): readonly CollectedFinding[] {
    const isKnown = !this.#pairs.overflowed;
    const refused = isKnown ? this.#principals().values().filter(isRefused).length : 0;
    return [
      {
        level: 'check',
        count: this.#newPairs().length,
        finding:
          'Keys were used by principals that had not used them before the period, as far as the logs reach.',
        where: NEW,
      },
      {
        level: 'check',
        count: refused,
        finding: 'Principals were refused, or failed, each time they asked for a key.',
        where: REFUSED,
      },
    ];
  }

  tables() {
    const fresh = new RowList({
      id: 'new-key-principals',
      title: NEW,
      titles: { ...PARTS, first: ['First', 'time'], uses: ['Uses', 'count'] },
    });
    for (const { value, count } of this.#newPairs()) {
      const [externalKeyId, awsPrincipalArn] = value;
      const first = new Date(count.firstMs).toISOString();
      fresh.add({ externalKeyId, awsPrincipalArn, first, uses: count.success });
    }
    // Of a principal whose pairs are not all told apart it is not known.
    const refused = this.#principals().table((each) => !this.#pairs.overflowed && isRefused(each));
    return [this.#pairs.table(), fresh.table(this.#newNote()), refused];
  }

  #newNote(): string {
    if (!this.#reachesBefore)
      return 'Who is new cannot be told: the logs have no key operation before the period.';
    return this.#before.overflowed || this.#pairs.overflowed
      ? 'There are more keys and principals than are told apart, so this list is not complete.'
      : '';
  }

  /** Undecided pairs are left out: where the time before is not known, nobody is new. */
  #newPairs(): readonly CountedValue[] {
    if (!this.#reachesBefore || this.#before.overflowed) return [];
    return this.#pairs
      .values()
      .filter(({ value, count }) => count.success > 0 && !this.#before.has(value))
      .sort((a, b) => a.count.firstMs - b.count.firstMs);
  }

  /** Made of the pairs when all of them are counted. */
  #principals(): Tally {
    if (this.#byPrincipal !== undefined) return this.#byPrincipal;
    const parts = { awsPrincipalArn: 'Principal' };
    const shape = { id: 'principals-without-success', title: REFUSED, parts };
    const principals = new Tally({ ...shape, limit: this.#limit });
    for (const { value, count } of this.#pairs.values()) principals.merge(value.slice(1), count);
    this.#byPrincipal = principals;
    return principals;
  }
}

function isRefused({ count }: CountedValue): boolean {
  return count.success === 0;
}
