import type { Collector, Entry } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { Tally } from '../model/tally.js';
import { tallyTable } from '../model/tally-table.js';

const NONE = '(none)';

/** Requests that nobody vouched for, and how many of them were counted instead of recorded. */
export class UnauthenticatedCollector implements Collector {
  readonly #limit: number;
  readonly #failures = new Tally();
  readonly #addresses = new Tally();
  readonly #credentials = new Tally();
  readonly #omitted = new RowList();
  #omittedCount = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add({ record, inPeriod }: Entry): void {
    if (!inPeriod) return;
    if (record.type === 'omitted') {
      const { replica, from, to, count, byErrorName } = record;
      this.#omitted.add(replica, from, to, count, countsText(byErrorName));
      this.#omittedCount += count;
    }
    if (record.type !== 'unauthenticated') return;
    const { time, clientAddress, keyStore = NONE, accessKeyId = NONE } = record;
    const { errorName = NONE, authenticationFailure, cause, target } = record;
    const why = authenticationFailure ?? cause ?? (target === undefined ? NONE : 'no such path');
    this.#failures.add([errorName, why], time, false);
    this.#addresses.add([clientAddress], time, false);
    this.#credentials.add([accessKeyId, keyStore], time, false);
  }

  section(): Section {
    const table = (tally: Tally, id: string, title: string, parts: Record<string, string>) =>
      tallyTable(tally, this.#limit, { id, title, parts });
    return {
      id: 'unauthenticated',
      title: 'Unauthenticated requests',
      about:
        'Requests whose signature did not hold, or that asked for nothing that is here. What they say of ' +
        'themselves is a claim. Their records are bounded in number, so that strangers cannot fill the ' +
        'disk: what was left out was counted.',
      tables: [
        table(this.#failures, 'unauthenticated-failures', 'By failure', {
          errorName: 'Error',
          why: 'Failure',
        }),
        table(this.#addresses, 'unauthenticated-addresses', 'By client address', {
          clientAddress: 'Client address',
        }),
        table(this.#credentials, 'unauthenticated-credentials', 'By claimed credential', {
          accessKeyId: 'Access key id',
          keyStore: 'Key store',
        }),
        this.#omitted.table(
          'omitted',
          'Left out',
          {
            replica: 'Replica',
            from: 'From',
            to: 'To',
            count: 'Requests',
            byErrorName: 'By error',
          },
          `${this.#omittedCount} requests were counted and not recorded.`,
        ),
      ],
    };
  }
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ');
}
