import type { Collector, Entry } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { Tally } from '../model/tally.js';
import { tallyTable } from '../model/tally-table.js';

/** What administrators did, or tried to do. */
export class AdministrationCollector implements Collector {
  readonly #acts = new Tally();
  readonly #list = new RowList();

  add({ record, inPeriod }: Entry): void {
    if (!inPeriod || record.type !== 'administrative-act') return;
    const { time, replica, sequence, act, by, result, errorCode, request } = record;
    this.#acts.add([act, by], time, result === 'success');
    this.#list.add(time, replica, sequence, act, by, result, errorCode, JSON.stringify(request));
  }

  section(): Section {
    return {
      id: 'administration',
      title: 'Administrative acts',
      about: 'Every operation of the administration interface, with who asked for it.',
      tables: [
        tallyTable(this.#acts, Infinity, {
          id: 'administrative-acts-by-act',
          title: 'By act',
          parts: { act: 'Act', by: 'By' },
        }),
        this.#list.table('administrative-acts', 'In their order', {
          time: 'Time',
          replica: 'Replica',
          sequence: 'Sequence',
          act: 'Act',
          by: 'By',
          result: 'Result',
          errorCode: 'Error',
          request: 'Request',
        }),
      ],
    };
  }
}
