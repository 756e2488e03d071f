import type { Collector, Entry, ReportFinding } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { Tally } from '../model/tally.js';

/** Acts that give somebody more than before. */
const LOOSENING: ReadonlyMap<string, string> = new Map([
  ['exportKeyStore', 'handed out the credentials of a key store'],
]);

/** Kinds of acts, by each of those who did them. */
const MAX_ACTS = 1000;

/** What administrators did, or tried to do. */
export class AdministrationCollector implements Collector {
  readonly #acts: Tally;
  readonly #loosening = new Map<string, number>();
  readonly #list = new RowList({
    id: 'administrative-acts',
    title: 'In their order',
    titles: {
      time: ['Time', 'time'],
      replica: 'Replica',
      sequence: ['Sequence', 'id'],
      act: 'Act',
      externalKeyId: 'On key',
      keyStore: 'On key store',
      by: 'By',
      uid: ['User id', 'id'],
      loginUser: 'Logged in as',
      result: 'Result',
      errorCode: 'Error',
      request: ['Request', 'code'],
    },
    marked: { key: 'result', values: ['failure'] },
  });
  #failed = 0;
  #unknown = 0;

  constructor() {
    const parts = { act: 'Act', by: 'By' };
    const limit = MAX_ACTS;
    this.#acts = new Tally({ id: 'administrative-acts-by-act', title: 'By act', parts, limit });
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (!inPeriod || record.type !== 'administrative-act') return;
    const { time, replica, sequence, act, by, result, errorCode, externalKeyId, keyStore } = record;
    const { uid, loginUser, loginUid } = record.with ?? {};
    const success = result === 'success';
    this.#acts.add([act, by], timeMs, success);
    if (!success) this.#failed += 1;
    else if (LOOSENING.has(act)) this.#loosening.set(act, (this.#loosening.get(act) ?? 0) + 1);
    if (uid === undefined) this.#unknown += 1;
    this.#list.add({
      ...{ time, replica, sequence, act, externalKeyId, keyStore, by, uid },
      loginUser: loginUser ?? (loginUid === undefined ? undefined : `uid ${loginUid}`),
      ...{ result, errorCode, request: JSON.stringify(record.request) },
    });
  }

  findings(): readonly ReportFinding[] {
    const finding = (count: number, text: string): ReportFinding => ({
      level: 'check',
      count,
      finding: text,
      section: 'administration',
      where: 'In their order',
    });
    return [
      ...[...this.#loosening].map(([act, count]) =>
        finding(
          count,
          `Administrative acts ${LOOSENING.get(act) ?? 'loosened something'} (${act}).`,
        ),
      ),
      finding(this.#failed, 'Administrative acts were refused or failed.'),
      finding(this.#unknown, 'Administrative acts have no user: the system did not tell it.'),
    ];
  }

  totals(): Readonly<Record<string, number>> {
    return { 'Administrative acts': this.#list.count };
  }

  section(): Section {
    return {
      id: 'administration',
      title: 'Administrative acts',
      about:
        'Every operation of the administration interface, with who asked for it. By: the user of the process ' +
        "that asked, by the word of the host's kernel. Logged in as: who had logged in before becoming that " +
        'user (sudo).',
      tables: [this.#acts.table(), this.#list.table()],
    };
  }
}
