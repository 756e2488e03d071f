import type { Collector, Entry, ReportFinding } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { Tally } from '../model/tally.js';

const NONE = '(none)';

/** Requests that nobody vouched for, and how many of them were counted instead of recorded. */
export class UnauthenticatedCollector implements Collector {
  readonly #failures: Tally;
  readonly #addresses: Tally;
  readonly #credentials: Tally;
  readonly #omitted = new RowList({
    id: 'omitted',
    title: 'Left out',
    titles: {
      replica: 'Replica',
      from: ['From', 'time'],
      to: ['To', 'time'],
      count: ['Requests', 'count'],
      byErrorName: 'By error',
    },
  });
  #authentication = 0;
  #others = 0;
  #omittedCount = 0;

  constructor(limit: number) {
    const tally = (id: string, title: string, parts: Record<string, string>) =>
      new Tally({ id: `unauthenticated-${id}`, title, parts, limit });
    this.#failures = tally('failures', 'By failure', { errorName: 'Error', why: 'Failure' });
    const address = { clientAddress: 'Client address' };
    this.#addresses = tally('addresses', 'By client address', address);
    const credential = { accessKeyId: 'Access key id', keyStore: 'Key store' };
    this.#credentials = tally('credentials', 'By claimed credential', credential);
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (!inPeriod) return;
    if (record.type === 'omitted') {
      const { replica, from, to, count, byErrorName } = record;
      this.#omitted.add({ replica, from, to, count, byErrorName: countsText(byErrorName) });
      this.#omittedCount += count;
    }
    if (record.type !== 'unauthenticated') return;
    const { clientAddress, keyStore = NONE, accessKeyId = NONE } = record;
    const { errorName = NONE, authenticationFailure, cause, target } = record;
    const why = authenticationFailure ?? cause ?? (target === undefined ? NONE : 'no such path');
    this.#failures.add([errorName, why], timeMs, false);
    this.#addresses.add([clientAddress], timeMs, false);
    this.#credentials.add([accessKeyId, keyStore], timeMs, false);
    if (authenticationFailure === undefined) this.#others += 1;
    else this.#authentication += 1;
  }

  findings(): readonly ReportFinding[] {
    const finding = (count: number, text: string, where: string): ReportFinding => ({
      level: 'check',
      count,
      finding: text,
      section: 'unauthenticated',
      where,
    });
    return [
      finding(this.#authentication, 'Requests had no valid signature.', 'By failure'),
      finding(
        this.#others,
        'Requests without authentication asked for nothing that is here.',
        'By failure',
      ),
      finding(
        this.#omittedCount,
        'Requests without authentication were counted and not recorded.',
        'Left out',
      ),
    ];
  }

  totals(): Readonly<Record<string, number>> {
    const requests = this.#authentication + this.#others + this.#omittedCount;
    return { 'Requests without authentication': requests };
  }

  section(): Section {
    return {
      id: 'unauthenticated',
      title: 'Unauthenticated requests',
      about:
        'Requests whose signature did not hold, or that asked for nothing that is here. What they say of ' +
        'themselves is a claim. Their records are bounded in number, so that strangers cannot fill the ' +
        'disk: what was left out was counted.',
      tables: [
        this.#failures.table(),
        this.#addresses.table(),
        this.#credentials.table(),
        this.#omitted.table(`${this.#omittedCount} requests were counted and not recorded.`),
      ],
    };
  }
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ');
}
