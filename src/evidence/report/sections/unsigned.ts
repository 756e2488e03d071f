import type { SectionPlan } from '../model/collector.js';
import { listOf } from '../model/declared.js';

/**
 * Records that a server took over although nothing had been signed for them: whoever could write to
 * the disk can have written them. They are told whatever the period is, because a server signs
 * them together with everything before, and verification then finds the tree in order.
 */
export function unsignedSection(): SectionPlan {
  let ranges = 0;
  let records = 0;
  const list = listOf(
    ['recovery'],
    {
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
    },
    ({ record, inPeriod }, log) => {
      const { unsignedFirst: first, sequence, time: takenOver, accepted } = record;
      if (first === undefined) return undefined;
      const { unsignedLast: last = sequence - 1 } = record;
      ranges += 1;
      records += last - first + 1;
      return {
        ...{ log, firstSequence: first, lastSequence: last, records: last - first + 1 },
        ...{ takenOver, bySequence: sequence, inPeriod: inPeriod ? 'yes' : 'no', accepted },
      };
    },
  );
  return {
    id: 'unsigned',
    title: 'Records that were taken over unsigned',
    about:
      'After a crash the server went on with these records as they stood on the disk. No checkpoint had been ' +
      'signed for them before. The signatures that came later show that they have not changed since then, and ' +
      'nothing of where they came from: compare them with the copies in the sinks, or with CloudTrail.',
    controls: [
      '10.3.2 audit logs are protected from modification; 10.3.4 changes are detected',
      'Art. 12(2)(d) protection of log information against tampering and deletion',
      'A.8.15',
      'Section 9 (audit)',
    ],
    collectors: [
      {
        ...list,
        findings: () => [
          {
            level: 'wrong',
            count: ranges,
            finding: `Records were taken over unsigned (${records} in all): a crash leaves such records, and whoever could write to the disk can have written them.`,
            where: 'Ranges',
          },
        ],
      },
    ],
  };
}
