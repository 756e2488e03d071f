import type { AuditRecord } from '../../../audit/record/index.js';
import type { VerificationFinding } from '../../../audit/verify/finding.js';
import type {
  Collector,
  Entry,
  CollectedFinding,
  FindingLevel,
  SectionPlan,
} from '../model/collector.js';
import { findingOf, tallyOf } from '../model/declared.js';
import { RowList } from '../model/row-list.js';
import { counted } from '../../../shared/counted.js';

/** A record is written a little after its time, so that one of an earlier time can follow it. */
const CLOCK_TOLERANCE_MS = 5000;
const LIST = 'Gaps and interruptions';
const ABANDONED = 'Answers that were withheld after their record was written';

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

/** The cells of a gap that its record does not have in common with others. */
interface GapCells {
  readonly detail: string;
  readonly durationMs?: number | undefined;
  readonly requests?: number;
}

/** Reads a server's note of a gap; undefined for records that tell of none. */
function toldBy(record: AuditRecord): (GapCells & { readonly kind: Kind }) | undefined {
  switch (record.type) {
    case 'gap': {
      const { type: kind, from, to, reason, refused, served } = record;
      const what = `${counted(refused, 'request')} refused and ${served} served without a record`;
      const detail = `from ${from} to ${to} (${reason}): ${what}`;
      return { kind, durationMs: lasted(from, to), requests: refused + served, detail };
    }
    case 'late-sync': {
      const { type: kind, from, to, answers } = record;
      const what = `${answers} answers went out before their records were on the disk`;
      const detail = `from ${from} to ${to}: ${what}`;
      return { kind, durationMs: lasted(from, to), requests: answers, detail };
    }
    case 'recovery': {
      const { type: kind, tornBytes, unsignedFirst, unsignedLast } = record;
      const text = `continued after a crash; ${tornBytes} bytes cut off`;
      const range = `records ${unsignedFirst ?? ''} to ${unsignedLast ?? ''} taken over unsigned`;
      return { kind, detail: unsignedFirst === undefined ? text : `${text}; ${range}` };
    }
    case 'sink-gap': {
      const { type: kind, sink, firstSequence, lastSequence } = record;
      const what = `records ${firstSequence} to ${lastSequence} did not reach the sink ${sink}`;
      return { kind, detail: `${what}; they are in this log` };
    }
    case 'retention': {
      const { type: kind, firstSequence, lastSequence } = record;
      return { kind, detail: `records ${firstSequence} to ${lastSequence} were removed` };
    }
    default:
      return undefined;
  }
}

/** Gaps in the logs: those that verification found, and those that the logs tell of. */
export function gapsSection(gaps: Gaps, limit: number): SectionPlan {
  return {
    id: 'gaps',
    title: 'Gaps in the log',
    about:
      'What the log says itself of records that are missing, and what shows in the order of its records. ' +
      'Whether anything else is missing or was changed is for verification to say, in the summary.',
    controls: [
      '10.2.1.6 stopping or pausing of audit logs; 10.7.2 failures of audit logging are detected',
      'Art. 12(2)(e) detection of a failure of logging systems; Art. 12(2)(f) clocks',
      'A.8.15',
      'Section 9 (audit)',
    ],
    collectors: [
      findingOf(
        'gap',
        { level: 'wrong', finding: 'Requests were served without a record.', where: LIST },
        ({ served }) => served,
      ),
      gaps,
      findingOf(
        'late-sync',
        {
          level: 'check',
          finding: 'Answers went out before their records were on the disk.',
          where: LIST,
        },
        ({ answers }) => answers,
      ),
      findingOf(
        'abandoned',
        { level: 'note', finding: `${ABANDONED}.`, where: ABANDONED },
        () => 1,
      ),
      tallyOf(
        'abandoned',
        { id: 'abandoned', title: ABANDONED, parts: { reason: 'Reason' }, limit },
        ({ reason }) => [reason],
      ),
    ],
  };
}

/** Gaps of all kinds in one list. */
export class Gaps implements Collector {
  readonly #list = new RowList({
    id: 'gaps',
    title: LIST,
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
  #log = '';
  #before:
    | { readonly sequence: number; readonly time: string; readonly timeMs: number }
    | undefined;
  #running: boolean | undefined;

  begin(log: string): void {
    this.#log = log;
    this.#before = undefined;
    this.#running = undefined;
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    const { sequence, time, type } = record;
    if (inPeriod) {
      const told = toldBy(record);
      if (told !== undefined) this.#note(record, told.kind, told);
      this.#addSeen(record, timeMs);
    }
    if (type === 'start') this.#running = true;
    if (type === 'stop') this.#running = false;
    this.#before = { sequence, time, timeMs };
  }

  /**
   * Takes what verification has found about the ends of files, and those that it could not read.
   */
  addVerification(findings: readonly VerificationFinding[]): void {
    for (const { kind, file, sequence, message } of findings) {
      if (kind === 'unreadable') this.#note({ sequence }, kind, { detail: message });
      if (kind !== 'unsealed') continue;
      const detail = `${this.#log}/${file}: closed, and no checkpoint beside it is about its end`;
      this.#note({ sequence }, kind, { detail });
    }
  }

  findings(): readonly CollectedFinding[] {
    const kinds = Object.entries(KINDS) as [Kind, (typeof KINDS)[Kind]][];
    return kinds.map(([kind, [level, finding]]) => ({
      ...{ level, count: this.#counts.get(kind) ?? 0, finding, where: `${LIST}: ${kind}` },
    }));
  }

  tables() {
    return [this.#list.table()];
  }

  /** Notes gaps that show in the order of the records. */
  #addSeen(record: AuditRecord, timeMs: number): void {
    const before = this.#before;
    const { sequence, type } = record;
    const note = (kind: Kind, detail: string) => {
      this.#note(record, kind, { detail });
    };
    if (before === undefined) {
      if (sequence > 0) note('beginning', `records before ${sequence} are not here`);
    } else {
      if (sequence !== before.sequence + 1) note('sequence', `follows record ${before.sequence}`);
      if (before.timeMs - timeMs > CLOCK_TOLERANCE_MS) {
        note('clock', `follows a record of ${before.time}`);
      }
    }
    if (type === 'start' && this.#running === true) {
      note('no stop', 'the server before did not stop in order');
    }
  }

  #note(
    { time, sequence }: { readonly time?: string; readonly sequence?: number | undefined },
    kind: Kind,
    cells: GapCells,
  ): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#list.add({ ...cells, time, log: this.#log, sequence, kind });
  }
}

function lasted(from: string, to: string): number | undefined {
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isNaN(ms) ? undefined : ms;
}
