import type { AuditRecord, RecordOf } from '../../../audit/record/index.js';
import type { VerificationReport } from '../../../audit/verify/finding.js';
import type { Collector, Entry, FindingLevel, ReportFinding } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { RowList } from '../model/row-list.js';
import { Tally } from '../model/tally.js';

/** A record is written a little after its time, so that one of an earlier time can follow it. */
const CLOCK_TOLERANCE_MS = 5000;

/** Kinds of gaps as findings, those of the greatest weight first. */
const KINDS = {
  unreadable: ['wrong', 'Parts of the logs could not be read.'],
  unsealed: ['wrong', 'Segments were closed, and no checkpoint beside them is about their end.'],
  sequence: ['wrong', 'Places at which records are missing in between.'],
  beginning: ['check', 'Logs begin later than with their first record.'],
  gap: ['check', 'Times in which the log could not be written.'],
  'late-sync': ['check', 'Times in which answers went out before their records were on the disk.'],
  recovery: ['check', 'Starts after a crash.'],
  'no stop': ['check', 'Starts without a stop before.'],
  clock: ['check', 'Records have an earlier time than the one before: a clock was set back.'],
  'sink-gap': ['check', 'Times in which a sink fell behind and missed records.'],
  retention: ['note', 'Removals of old records by retention.'],
} as const satisfies Readonly<Record<string, readonly [FindingLevel, string]>>;

type Kind = keyof typeof KINDS;

/** Where a log is not whole, or says itself that it was not. */
export class GapsCollector implements Collector {
  readonly #list = new RowList({
    id: 'gaps',
    title: 'Gaps and interruptions',
    titles: {
      time: ['Time', 'time'],
      log: 'Log',
      sequence: ['Sequence', 'id'],
      kind: 'Kind',
      durationMs: ['Lasted', 'duration'],
      requests: ['Requests', 'count'],
      detail: ['Detail', 'prose'],
    },
  });
  readonly #counts = new Map<Kind, number>();
  readonly #abandoned: Tally;
  #served = 0;
  #answers = 0;
  #log = '';
  #before:
    | { readonly sequence: number; readonly time: string; readonly timeMs: number }
    | undefined;
  #running: boolean | undefined;

  constructor(limit: number) {
    this.#abandoned = new Tally({
      id: 'abandoned',
      title: 'Answers that were withheld after their record was written',
      parts: { reason: 'Reason' },
      limit,
    });
  }

  begin(log: string): void {
    this.#log = log;
    this.#before = undefined;
    this.#running = undefined;
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (inPeriod) {
      this.#addTold(record, timeMs);
      this.#addSeen(record, timeMs);
    }
    if (record.type === 'start') this.#running = true;
    if (record.type === 'stop') this.#running = false;
    const { sequence, time } = record;
    this.#before = { sequence, time, timeMs };
  }

  /** Takes what verification has found about the ends of files, and those that it could not read. */
  addVerification({ findings }: Pick<VerificationReport, 'findings'>): void {
    for (const { kind, file, sequence, message } of findings) {
      if (kind === 'unreadable') this.#note({ sequence }, kind, { detail: message });
      if (kind !== 'unsealed') continue;
      const detail = `${this.#log}/${file}: closed, and no checkpoint beside it is about its end`;
      this.#note({ sequence }, kind, { detail });
    }
  }

  findings(): readonly ReportFinding[] {
    const finding = (level: FindingLevel, count: number, text: string, where: string) => ({
      ...{ level, count, finding: text, where },
      section: 'gaps',
    });
    const list = 'Gaps and interruptions';
    const kinds = Object.entries(KINDS) as [Kind, (typeof KINDS)[Kind]][];
    return [
      finding('wrong', this.#served, 'Requests were served without a record.', list),
      ...kinds.map(([kind, [level, text]]) =>
        finding(level, this.#counts.get(kind) ?? 0, text, `${list}: ${kind}`),
      ),
      finding(
        'check',
        this.#answers,
        'Answers went out before their records were on the disk.',
        list,
      ),
      finding(
        'note',
        this.#abandoned.total,
        'Answers were withheld after their record was written.',
        'Answers that were withheld after their record was written',
      ),
    ];
  }

  section(): Section {
    return {
      id: 'gaps',
      title: 'Gaps in the log',
      about:
        'What the log says itself of records that are missing, and what shows in the order of its records. ' +
        'Whether anything else is missing or was changed is for verification to say, in the summary.',
      tables: [this.#list.table(), this.#abandoned.table()],
    };
  }

  /** What the server noted. */
  #addTold(record: AuditRecord, timeMs: number): void {
    switch (record.type) {
      case 'gap': {
        const { from, to, reason, refused, served } = record;
        const what = `${refused} requests refused and ${served} served without a record`;
        const detail = `from ${from} to ${to} (${reason}): ${what}`;
        this.#note(record, 'gap', { ...lasted(record), requests: refused + served, detail });
        this.#served += served;
        break;
      }
      case 'late-sync': {
        const { from, to, answers } = record;
        const what = `${answers} answers went out before their records were on the disk`;
        const detail = `from ${from} to ${to}: ${what}`;
        this.#note(record, 'late-sync', { ...lasted(record), requests: answers, detail });
        this.#answers += answers;
        break;
      }
      case 'recovery':
        this.#note(record, 'recovery', { detail: recoveryText(record) });
        break;
      case 'sink-gap': {
        const { sink, firstSequence, lastSequence } = record;
        const what = `records ${firstSequence} to ${lastSequence} did not reach the sink ${sink}`;
        this.#note(record, 'sink-gap', { detail: `${what}; they are in this log` });
        break;
      }
      case 'retention': {
        const { firstSequence, lastSequence } = record;
        const detail = `records ${firstSequence} to ${lastSequence} were removed`;
        this.#note(record, 'retention', { detail });
        break;
      }
      case 'abandoned':
        this.#abandoned.add([record.reason], timeMs, false);
        break;
      default:
    }
  }

  /** What shows in the order of the records. */
  #addSeen(record: AuditRecord, timeMs: number): void {
    const before = this.#before;
    const { sequence, type } = record;
    if (before === undefined) {
      if (sequence > 0) {
        this.#note(record, 'beginning', { detail: `records before ${sequence} are not here` });
      }
    } else {
      if (sequence !== before.sequence + 1) {
        this.#note(record, 'sequence', { detail: `follows record ${before.sequence}` });
      }
      if (before.timeMs - timeMs > CLOCK_TOLERANCE_MS) {
        this.#note(record, 'clock', { detail: `follows a record of ${before.time}` });
      }
    }
    if (type === 'start' && this.#running === true) {
      this.#note(record, 'no stop', { detail: 'the server before did not stop in order' });
    }
  }

  #note(
    { time, sequence }: { readonly time?: string; readonly sequence?: number | undefined },
    kind: Kind,
    cells: { readonly detail: string; readonly durationMs?: number; readonly requests?: number },
  ): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#list.add({ time, log: this.#log, sequence, kind, ...cells });
  }
}

function lasted({ from, to }: { readonly from: string; readonly to: string }) {
  const durationMs = Date.parse(to) - Date.parse(from);
  return Number.isNaN(durationMs) ? {} : { durationMs };
}

function recoveryText({ tornBytes, unsignedFirst, unsignedLast }: RecordOf<'recovery'>): string {
  const text = `continued after a crash; ${tornBytes} bytes cut off`;
  if (unsignedFirst === undefined) return text;
  return `${text}; records ${unsignedFirst} to ${unsignedLast ?? ''} taken over unsigned`;
}
