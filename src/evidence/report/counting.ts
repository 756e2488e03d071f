import { splitLines } from '../../audit/read/line-chunks.js';
import type { AuditRecordType } from '../../audit/record/index.js';
import type { VerificationFinding } from '../../audit/verify/finding.js';
import type { Collector, SectionPlan } from './model/collector.js';
import type { Section } from './model/document.js';
import { Timeline } from './model/timeline.js';
import { recordOf, TimeReader } from './record-reader.js';
import { administrationSection } from './sections/administration.js';
import { CoverageCollector, coverageSection } from './sections/coverage.js';
import { denialsSection } from './sections/denials.js';
import { disabledKeysSection } from './sections/disabled-keys.js';
import { Gaps, gapsSection } from './sections/gaps.js';
import { keyPrincipalsSection } from './sections/key-principals.js';
import { keysSection } from './sections/keys.js';
import { lifecycleSection } from './sections/lifecycle.js';
import { operationsSection } from './sections/operations.js';
import { unauthenticatedSection } from './sections/unauthenticated.js';
import { unsignedSection } from './sections/unsigned.js';
import type { ReportFinding } from './summary.js';

/** A forged log can have any number of types. */
const MAX_TYPES = 100;

/** The terms by which records are counted. */
export interface CountingConfig {
  /** Beginning of the period in ms since 1970, included. */
  readonly fromMs: number;
  /** End of the period in ms since 1970, not included; later than `fromMs`. */
  readonly toMs: number;
  /** Time at which the report is made, in ms since 1970. */
  readonly nowMs: number;
  /** Lines of a table that could have any number. */
  readonly limit: number;
  /** Longer cryptoperiods are marked; undefined: none is. */
  readonly cryptoperiodDays: number | undefined;
}

/** The result of counting: nothing but data, which can be passed between threads. */
export interface Counted {
  readonly sections: readonly (Section & Pick<SectionPlan, 'controls'>)[];
  readonly findings: readonly ReportFinding[];
  readonly totals: Readonly<Record<string, number>>;
}

/** Counts the records of logs, in this thread or in another one. */
export interface Counter {
  /** A log begins. */
  begin(log: string): void | Promise<void>;
  /** Takes up whole lines, each with its line feed, in the order of the log. */
  take(lines: Buffer): void | Promise<void>;
  /** A log ends, with what verification has found in it. */
  end(findings: readonly VerificationFinding[]): void | Promise<void>;
  /** Called once, after the last log. */
  result(): Counted | Promise<Counted>;
  /** Releases what the counter holds, whatever happened. */
  close(): void | Promise<void>;
}

/** Counts in this thread. Memory is bounded by what a report can show. */
export class Counting implements Counter {
  readonly #plans: readonly SectionPlan[];
  readonly #collectors: readonly Collector[];
  readonly #byType = new Map<AuditRecordType, readonly Collector[]>();
  readonly #timeline: Timeline;
  readonly #times = new TimeReader();
  readonly #coverage = new CoverageCollector();
  readonly #gaps = new Gaps();

  constructor({ fromMs, toMs, nowMs, limit, cryptoperiodDays }: CountingConfig) {
    this.#timeline = new Timeline(fromMs, toMs);
    this.#plans = [
      unsignedSection(),
      coverageSection(this.#coverage),
      keyPrincipalsSection(fromMs, limit),
      administrationSection(),
      operationsSection(this.#timeline, limit),
      keysSection({ limitDays: cryptoperiodDays, untilMs: Math.min(toMs, nowMs) }),
      denialsSection(limit),
      disabledKeysSection(limit),
      unauthenticatedSection(limit),
      lifecycleSection(),
      gapsSection(this.#gaps, limit),
    ];
    this.#collectors = this.#plans.flatMap(({ collectors }) => collectors);
  }

  begin(log: string): void {
    for (const collector of this.#collectors) collector.begin?.(log);
  }

  take(lines: Buffer): void {
    for (const line of splitLines(lines)) this.#takeLine(line);
  }

  end(findings: readonly VerificationFinding[]): void {
    this.#gaps.addVerification(findings);
  }

  result(): Counted {
    const totals = this.#collectors.flatMap((each) => Object.entries(each.totals?.() ?? {}));
    return {
      sections: this.#plans.map(({ collectors, ...plan }) => ({
        ...plan,
        tables: collectors.flatMap((collector) => collector.tables?.() ?? []),
      })),
      findings: this.#plans.flatMap(({ id: section, collectors }) =>
        collectors
          .flatMap((collector) => collector.findings?.() ?? [])
          .map((finding) => ({ ...finding, section })),
      ),
      totals: Object.fromEntries(totals),
    };
  }

  close(): void {
    // Everything is memory.
  }

  #takeLine(line: Buffer): void {
    const record = recordOf(line);
    if (record === undefined) {
      this.#coverage.addNotRecord();
      return;
    }
    const timeMs = this.#times.read(record.time);
    const inPeriod = this.#timeline.holds(timeMs);
    const entry = { record, timeMs, inPeriod, beforeEnd: timeMs < this.#timeline.toMs };
    for (const collector of this.#collectorsOf(record.type)) collector.add(entry);
  }

  #collectorsOf(type: AuditRecordType): readonly Collector[] {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const meant = this.#collectors.filter(({ types }) => types?.includes(type) ?? true);
    if (this.#byType.size < MAX_TYPES) this.#byType.set(type, meant);
    return meant;
  }
}
