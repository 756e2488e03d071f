import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector, Entry } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { Tally } from '../model/tally.js';
import { tallyTable } from '../model/tally-table.js';

/** A record is written a little after its time, so that one of an earlier time can follow it. */
const CLOCK_TOLERANCE_MS = 5000;

/** Where a log is not whole, or says itself that it was not. */
export class GapsCollector implements Collector {
  readonly #list = new RowList();
  readonly #abandoned = new Tally();
  readonly #limit: number;
  #log = '';
  #before: Entry['record'] | undefined;
  #running: boolean | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  begin(log: string): void {
    this.#log = log;
    this.#before = undefined;
    this.#running = undefined;
  }

  add({ record, inPeriod }: Entry): void {
    if (inPeriod) {
      this.#addTold(record);
      this.#addSeen(record);
    }
    if (record.type === 'start') this.#running = true;
    if (record.type === 'stop') this.#running = false;
    this.#before = record;
  }

  /** A segment that was closed and whose end was not signed, or is not any more. */
  addUnsealed(segment: string, last: number): void {
    const what = `${segment}: closed, and no checkpoint beside it is about its end; see audit verify`;
    this.#list.add(undefined, this.#log, last, 'unsealed', what);
  }

  /** Something that could not be read. */
  addUnreadable(segment: string, reason: string): void {
    this.#list.add(undefined, this.#log, undefined, 'unreadable', `${segment}: ${reason}`);
  }

  section(): Section {
    return {
      id: 'gaps',
      title: 'Gaps in the log',
      about:
        'What the log says itself of records that are missing, and what shows in the order of its records. ' +
        'That nothing else is missing or was changed is for verification to say, not for this report.',
      tables: [
        this.#list.table('gaps', 'Gaps and interruptions', {
          time: 'Time',
          log: 'Log',
          sequence: 'Sequence',
          kind: 'Kind',
          detail: 'Detail',
        }),
        tallyTable(this.#abandoned, this.#limit, {
          id: 'abandoned',
          title: 'Answers that were withheld after their record was written',
          parts: { reason: 'Reason' },
        }),
      ],
    };
  }

  /** What the server noted. */
  #addTold(record: Entry['record']): void {
    switch (record.type) {
      case 'gap': {
        const { from, to, reason, refused, served } = record;
        const what = `${refused} requests refused and ${served} served without a record`;
        this.#note(record, 'gap', `from ${from} to ${to} (${reason}): ${what}`);
        break;
      }
      case 'late-sync': {
        const { from, to, answers } = record;
        const what = `${answers} answers went out before their records were on the disk`;
        this.#note(record, 'late-sync', `from ${from} to ${to}: ${what}`);
        break;
      }
      case 'recovery':
        this.#note(record, 'recovery', recoveryText(record));
        break;
      case 'sink-gap': {
        const { sink, firstSequence, lastSequence } = record;
        const what = `records ${firstSequence} to ${lastSequence} did not reach the sink ${sink}`;
        this.#note(record, 'sink-gap', `${what}; they are in this log`);
        break;
      }
      case 'retention': {
        const { firstSequence, lastSequence } = record;
        this.#note(record, 'retention', `records ${firstSequence} to ${lastSequence} were removed`);
        break;
      }
      case 'abandoned':
        this.#abandoned.add([record.reason], record.time, false);
        break;
      default:
    }
  }

  /** What shows in the order of the records. */
  #addSeen(record: Entry['record']): void {
    const before = this.#before;
    const { sequence, time, type } = record;
    if (before === undefined) {
      if (sequence > 0) this.#note(record, 'beginning', `records before ${sequence} are not here`);
    } else {
      if (sequence !== before.sequence + 1) {
        this.#note(record, 'sequence', `follows record ${before.sequence}`);
      }
      if (Date.parse(before.time) - Date.parse(time) > CLOCK_TOLERANCE_MS)
        this.#note(record, 'clock', `follows a record of ${before.time}`);
    }
    if (type === 'start' && this.#running === true) {
      this.#note(record, 'no stop', 'the server before did not stop in order');
    }
  }

  #note({ time, sequence }: Entry['record'], kind: string, detail: string): void {
    this.#list.add(time, this.#log, sequence, kind, detail);
  }
}

function recoveryText({ tornBytes, unsignedFirst, unsignedLast }: RecordOf<'recovery'>): string {
  const text = `continued after a crash; ${tornBytes} bytes cut off`;
  if (unsignedFirst === undefined) return text;
  return `${text}; records ${unsignedFirst} to ${unsignedLast ?? ''} taken over unsigned`;
}
