import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector } from '../model/collector.js';
import { findingOf, listOf } from '../model/declared.js';

const EVENTS = 'What people were told of';
/** Fields that have a column of their own, or stand in every record. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...['type', 'schema', 'sequence', 'previous', 'time', 'replica', 'cut'],
  ...['event', 'severity'],
]);

/** The events of the period: rotations, imports, expiries, destructions, nodes that were away. */
export function eventCollectors(): readonly Collector[] {
  return [
    listOf(
      ['event'],
      {
        id: 'events',
        title: EVENTS,
        titles: {
          time: ['Time', 'time'],
          replica: 'Replica',
          sequence: ['Sequence', 'id'],
          event: 'Event',
          severity: 'Severity',
          details: 'Details',
        },
      },
      ({ record, inPeriod }) => {
        if (!inPeriod) return undefined;
        const { time, replica, sequence, event, severity } = record;
        return { time, replica, sequence, event, severity, details: detailsOf(record) };
      },
    ),
    findingOf(
      'event',
      { level: 'check', finding: 'Critical events were told.', where: EVENTS },
      ({ severity }) => severity === 'critical',
    ),
  ];
}

function detailsOf(record: RecordOf<'event'>): string {
  return Object.entries(record)
    .filter(([name, value]) => value !== undefined && !ELSEWHERE.has(name))
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join('; ');
}
