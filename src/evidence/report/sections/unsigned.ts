import type { Collector, Entry } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';

/**
 * Records that a server took over although nothing had been signed for them: whoever could write to
 * the disk can have written them. They are told whatever the period is, because a server signs
 * them together with everything before, and `verify` then finds the tree in order.
 */
export class UnsignedCollector implements Collector {
  readonly #list = new RowList();
  #log = '';

  begin(log: string): void {
    this.#log = log;
  }

  add({ record, inPeriod }: Entry): void {
    if (record.type !== 'recovery' || record.unsignedFirst === undefined) return;
    const { unsignedFirst: first, unsignedLast: last = record.sequence - 1 } = record;
    const { time, sequence } = record;
    this.#list.add(this.#log, first, last, last - first + 1, time, sequence, yesNo(inPeriod));
  }

  /** Number of times that records were taken over. */
  get count(): number {
    return this.#list.count;
  }

  section(): Section {
    return {
      id: 'unsigned',
      title: 'Records that were taken over unsigned',
      about:
        'After a crash the server went on with these records as they stood on the disk. No checkpoint had been ' +
        'signed for them before. The signatures that came later show that they have not changed since then, and ' +
        'nothing of where they came from: compare them with the copies in the sinks, or with CloudTrail.',
      tables: [
        this.#list.table('unsigned-ranges', 'Ranges', {
          log: 'Log',
          firstSequence: 'First sequence',
          lastSequence: 'Last sequence',
          records: 'Records',
          takenOver: 'Taken over',
          bySequence: 'By record',
          inPeriod: 'Taken over in the period',
        }),
      ],
    };
  }
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
