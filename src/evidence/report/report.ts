import { splitLines } from '../../audit/read/lines.js';
import { NotARecordError, parseRecord } from '../../audit/read/records.js';
import { type Segment, segmentsOfLog } from '../../audit/read/segments.js';
import { isUnreadable, reasonOf } from '../../audit/read/unreadable.js';
import { unsealedSegments } from '../../audit/read/unsealed-segments.js';
import type { AuditRecord } from '../../audit/record/index.js';
import { assertRecords } from '../search/not-records.js';
import { SegmentFile } from '../search/segment-file.js';
import { controlsSection } from './controls.js';
import type { Collector } from './model/collector.js';
import type { Report, Section } from './model/document.js';
import { Timeline } from './model/timeline.js';
import { AdministrationCollector } from './sections/administration.js';
import { CoverageCollector } from './sections/coverage.js';
import { DenialsCollector } from './sections/denials.js';
import { DisabledKeysCollector } from './sections/disabled-keys.js';
import { GapsCollector } from './sections/gaps.js';
import { KeysCollector } from './sections/keys.js';
import { LifecycleCollector } from './sections/lifecycle.js';
import { OperationsCollector } from './sections/operations.js';
import { UnauthenticatedCollector } from './sections/unauthenticated.js';
import { UnsignedCollector } from './sections/unsigned.js';

/** What a report is made of. */
export interface ReportOptions {
  /** Included, in ms since 1970. */
  readonly fromMs: number;
  /** Not included; later than `fromMs`. */
  readonly toMs: number;
  /** When the report is made, in ms since 1970. */
  readonly nowMs: number;
  /** What makes it, with its version. */
  readonly generator: string;
  /** Lines of a table that could have any number. */
  readonly limit: number;
  /** Longer cryptoperiods are marked; undefined: none is. */
  readonly cryptoperiodDays: number | undefined;
}

/** A report, and what of the logs could not be read for it. */
export interface ReportOutcome {
  readonly report: Report;
  /** Paths of segments that could not be read to their end. The report has them among the gaps. */
  readonly unreadable: readonly string[];
  /** Ranges of records that a server took over unsigned. The report begins with them. */
  readonly unsignedRanges: number;
}

/**
 * Makes a report in one pass over logs. Memory is bounded by what a report can show, not by the
 * number of records.
 *
 * @param logs folders, one a replica
 * @throws NoLogError, or the file system's error when a folder cannot be read
 */
export async function makeReport(
  logs: readonly string[],
  options: ReportOptions,
): Promise<ReportOutcome> {
  const pass = new Pass(options);
  for (const log of logs) await pass.read(log);
  const sections = pass.sections();
  const { fromMs, toMs, nowMs, generator } = options;
  return {
    report: {
      title: 'Use of external keys',
      generatedAt: new Date(nowMs).toISOString(),
      generator,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      statement: [...findings(pass), ...statement(logs)],
      sections: [...sections, controlsSection(sections)],
    },
    unreadable: pass.unreadable,
    unsignedRanges: pass.unsignedRanges,
  };
}

class Pass {
  readonly unreadable: string[] = [];
  readonly #timeline: Timeline;
  readonly #unsigned = new UnsignedCollector();
  readonly #coverage = new CoverageCollector();
  readonly #gaps: GapsCollector;
  /** In the order of the report. */
  readonly #collectors: readonly Collector[];

  constructor({ fromMs, toMs, nowMs, limit, cryptoperiodDays }: ReportOptions) {
    this.#timeline = new Timeline(fromMs, toMs);
    this.#gaps = new GapsCollector(limit);
    this.#collectors = [
      this.#unsigned,
      this.#coverage,
      new OperationsCollector(this.#timeline, limit),
      new KeysCollector({ limitDays: cryptoperiodDays, untilMs: Math.min(toMs, nowMs) }),
      new DenialsCollector(limit),
      new DisabledKeysCollector(limit),
      new UnauthenticatedCollector(limit),
      new AdministrationCollector(),
      new LifecycleCollector(),
      this.#gaps,
    ];
  }

  async read(log: string): Promise<void> {
    const segments = await segmentsOfLog(log);
    for (const collector of this.#collectors) collector.begin?.(log);
    for (const { path, last } of await unsealedSegments(log, segments)) {
      this.#gaps.addUnsealed(path, last);
    }
    for (const segment of segments) {
      await this.#readSegment(segment, segment !== segments.at(-1));
    }
  }

  get unsignedRanges(): number {
    return this.#unsigned.count;
  }

  sections(): readonly Section[] {
    return this.#collectors.map((collector) => collector.section());
  }

  /** What lies behind the damage in a segment is lost to the report; other segments are not. */
  async #readSegment(segment: Segment, closed: boolean): Promise<void> {
    let file: SegmentFile | undefined;
    let notRecords = 0;
    try {
      file = await SegmentFile.open(segment);
      for await (const text of file.texts(closed)) {
        for (const line of splitLines(text).lines) {
          if (this.#take(line)) continue;
          notRecords += 1;
          assertRecords(segment.path, notRecords);
        }
      }
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.#gaps.addUnreadable(segment.path, reasonOf(error));
      this.unreadable.push(segment.path);
    } finally {
      await file?.close();
    }
  }

  /** @returns whether it is a record */
  #take(line: Buffer): boolean {
    const record = recordOf(line);
    if (record === undefined) {
      this.#coverage.addNotRecord();
      return false;
    }
    const timeMs = Date.parse(record.time);
    const entry = {
      record,
      inPeriod: this.#timeline.holds(timeMs),
      beforeEnd: timeMs < this.#timeline.toMs,
    };
    for (const collector of this.#collectors) collector.add(entry);
    return true;
  }
}

function recordOf(line: Buffer): AuditRecord | undefined {
  try {
    return parseRecord(line);
  } catch (error) {
    if (error instanceof NotARecordError) return undefined;
    throw error;
  }
}

/** Lists what must not be overlooked, in front of everything else. */
function findings({ unsignedRanges, unreadable }: Pass): readonly string[] {
  const unsigned = `Records were taken over unsigned (${rangesOf(unsignedRanges)}): a crash leaves such records, and whoever could write to the disk can have written them.`;
  const damaged = `${unreadable.length} segments could not be read to their end: what was in them is not in this report.`;
  return [
    ...(unsignedRanges === 0 ? [] : [unsigned]),
    ...(unreadable.length === 0 ? [] : [damaged]),
  ];
}

/** A number of ranges, in words. */
export function rangesOf(count: number): string {
  return `${String(count)} range${count === 1 ? '' : 's'}`;
}

function statement(logs: readonly string[]): readonly string[] {
  return [
    'This report sums up the audit logs named below, as they are. It was made without verifying them: ' +
      'whether records were changed, removed or added is not known from it.',
    `To find out: holdfast audit verify --public-key KEY --checkpoint FILE --log ${logs.join(' ')}, with ` +
      'the public key and checkpoints from a place that whoever runs the proxy cannot write to (docs/audit.md).',
    'All times are UTC. The period includes its beginning and not its end. What a log does not hold — other ' +
      'replicas, records that retention removed — is not in the report.',
  ];
}
