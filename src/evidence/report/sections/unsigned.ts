import type { Collector, Entry, ReportFinding } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';

/**
 * Records that a server took over although nothing had been signed for them: whoever could write to
 * the disk can have written them. They are told whatever the period is, because a server signs
 * them together with everything before, and verification then finds the tree in order.
 */
export class UnsignedCollector implements Collector {
  readonly #ranges = new RowList({
    id: 'unsigned-ranges',
    title: 'Ranges',
    titles: {
      log: 'Log',
      firstSequence: ['First sequence', 'id'],
      lastSequence: ['Last sequence', 'id'],
      records: ['Records', 'count'],
      takenOver: ['Taken over', 'time'],
      bySequence: ['By record', 'id'],
      inPeriod: 'Taken over in the period',
      accepted: "Operator's reason",
    },
  });
  #log = '';
  #records = 0;

  begin(log: string): void {
    this.#log = log;
  }

  add({ record, inPeriod }: Entry): void {
    if (record.type !== 'recovery' || record.unsignedFirst === undefined) return;
    const { time, sequence, accepted, unsignedFirst: first } = record;
    const { unsignedLast: last = sequence - 1 } = record;
    const records = last - first + 1;
    this.#records += records;
    this.#ranges.add({
      log: this.#log,
      firstSequence: first,
      lastSequence: last,
      records,
      takenOver: time,
      bySequence: sequence,
      inPeriod: inPeriod ? 'yes' : 'no',
      accepted,
    });
  }

  findings(): readonly ReportFinding[] {
    return [
      {
        level: 'wrong',
        count: this.#ranges.count,
        finding: `Records were taken over unsigned (${this.#records} in all): a crash leaves such records, and whoever could write to the disk can have written them.`,
        section: 'unsigned',
        where: 'Ranges',
      },
    ];
  }

  section(): Section {
    return {
      id: 'unsigned',
      title: 'Records that were taken over unsigned',
      about:
        'After a crash the server went on with these records as they stood on the disk. No checkpoint had been ' +
        'signed for them before. The signatures that came later show that they have not changed since then, and ' +
        'nothing of where they came from: compare them with the copies in the sinks, or with CloudTrail.',
      tables: [this.#ranges.table()],
    };
  }
}
