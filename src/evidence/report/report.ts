import { join } from 'node:path';
import { splitLines } from '../../audit/read/line-chunks.js';
import { LogFolder } from '../../audit/read/log-folder.js';
import { verifyLog } from '../../audit/verify/verify.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import { controlsSection } from './controls.js';
import type { AuditRecordType } from '../../audit/record/index.js';
import type { Collector, SectionPlan } from './model/collector.js';
import type { Report, Section } from './model/document.js';
import { Timeline } from './model/timeline.js';
import { ownKeys } from './own-keys.js';
import { recordOf, TimeReader } from './record-reader.js';
import { administrationSection } from './sections/administration.js';
import { Coverage, coverageSection } from './sections/coverage.js';
import { denialsSection } from './sections/denials.js';
import { disabledKeysSection } from './sections/disabled-keys.js';
import { Gaps, gapsSection } from './sections/gaps.js';
import { keyPrincipalsSection } from './sections/key-principals.js';
import { keysSection } from './sections/keys.js';
import { lifecycleSection } from './sections/lifecycle.js';
import { operationsSection } from './sections/operations.js';
import { unauthenticatedSection } from './sections/unauthenticated.js';
import { unsignedSection } from './sections/unsigned.js';
import {
  faultsOf,
  type ReportFinding,
  SUMMARY,
  sortedFindings,
  summarySection,
  type VerifiedLog,
  verificationFindings,
} from './summary.js';

/** A forged log can have any number of types. */
const MAX_TYPES = 100;

/** The terms of a report. */
export interface ReportConfig {
  /** Included, in ms since 1970. */
  readonly fromMs: number;
  /** Not included; later than `fromMs`. */
  readonly toMs: number;
  /** When the report is made, in ms since 1970. */
  readonly nowMs: number;
  /** The program that makes it, with its version. */
  readonly generator: string;
  /** Lines of a table that could have any number. */
  readonly limit: number;
  /** Longer cryptoperiods are marked; undefined: none is. */
  readonly cryptoperiodDays: number | undefined;
  /** Keys that the logs are verified with; without them, those that the logs name themselves. */
  readonly keys?: readonly VerifierKey[] | undefined;
  /** Files of checkpoints that were kept elsewhere. */
  readonly keptCheckpoints?: readonly string[] | undefined;
}

/** A report, and what of it concerns whoever asked for it. */
export interface ReportOutcome {
  readonly report: Report;
  /** Paths of files that could not be read to their end. The report has them among the gaps. */
  readonly unreadable: readonly string[];
  /** Whether a log is not what was signed, by keys that were given. */
  readonly isNotAsSigned: boolean;
  /** Everything that the report begins with, in its order. */
  readonly findings: readonly ReportFinding[];
}

/**
 * Makes a report in one pass over logs, in which every line is verified and counted. Memory is
 * bounded by what a report can show, not by the number of records.
 *
 * @param logs folders, one a replica
 * @throws NoLogError, or the file system's error when a folder cannot be read
 */
export async function makeReport(
  logs: readonly string[],
  config: ReportConfig,
): Promise<ReportOutcome> {
  const pass = new Pass(config);
  const verified: VerifiedLog[] = [];
  for (const log of logs) verified.push(await pass.read(log));
  const { fromMs, toMs, nowMs, generator } = config;
  const generatedAt = new Date(nowMs).toISOString();
  const findings = sortedFindings([...verificationFindings(verified), ...pass.findings()]);
  const totals = pass.totals();
  return {
    report: {
      title: 'Use of external keys',
      generatedAt,
      generator,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      statement: statement(logs, config.keys !== undefined),
      sections: [
        summarySection({ findings, totals, logs: verified, verifiedAt: generatedAt }),
        ...pass.plans.map(sectionOf),
        controlsSection([SUMMARY, ...pass.plans]),
      ],
    },
    findings,
    unreadable: verified.flatMap(unreadableOf),
    isNotAsSigned:
      config.keys !== undefined &&
      verified.some((log) => faultsOf(log, (kind) => kind !== 'taken-over') > 0),
  };
}

/** One reading of all logs. */
class Pass {
  /** In the order of the report. */
  readonly plans: readonly SectionPlan[];
  readonly #collectors: readonly Collector[];
  readonly #byType = new Map<AuditRecordType, readonly Collector[]>();
  readonly #config: ReportConfig;
  readonly #timeline: Timeline;
  readonly #times = new TimeReader();
  readonly #coverage = new Coverage();
  readonly #gaps = new Gaps();

  constructor(config: ReportConfig) {
    const { fromMs, toMs, nowMs, limit, cryptoperiodDays } = config;
    this.#config = config;
    this.#timeline = new Timeline(fromMs, toMs);
    this.plans = [
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
    this.#collectors = this.plans.flatMap(({ collectors }) => collectors);
  }

  /** Counts the records of a log while they are verified. */
  async read(log: string): Promise<VerifiedLog> {
    const keys = await this.#keysFor(await LogFolder.open(log));
    for (const collector of this.#collectors) collector.begin?.(log);
    const verification = await verifyLog({
      directory: log,
      keys,
      keptCheckpoints: this.#config.keptCheckpoints ?? [],
      visit: (lines) => {
        for (const line of splitLines(lines)) this.#take(line);
      },
    });
    this.#gaps.addVerification(verification);
    return { ...verification, keys, isKeyGiven: this.#config.keys !== undefined };
  }

  findings(): readonly ReportFinding[] {
    return this.plans.flatMap(({ id: section, collectors }) =>
      collectors
        .flatMap((collector) => collector.findings?.() ?? [])
        .map((finding) => ({ ...finding, section })),
    );
  }

  totals(): Readonly<Record<string, number>> {
    const all = this.#collectors.flatMap((collector) => Object.entries(collector.totals?.() ?? {}));
    return Object.fromEntries(all);
  }

  async #keysFor(folder: LogFolder): Promise<readonly VerifierKey[]> {
    return this.#config.keys ?? (await ownKeys(folder));
  }

  #take(line: Buffer): void {
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

function sectionOf({ id, title, about, collectors }: SectionPlan): Section {
  const tables = collectors.flatMap((collector) => collector.tables?.() ?? []);
  return { id, title, about, tables };
}

/** Files that could not be read, and a log that holds something, and no record. */
function unreadableOf({ directory, findings, records, tornBytes }: VerifiedLog): readonly string[] {
  const files = findings
    .filter(({ kind }) => kind === 'unreadable')
    .map(({ file }) => join(directory, file));
  return files.length === 0 && records === 0 && tornBytes > 0 ? [directory] : [...new Set(files)];
}

function statement(logs: readonly string[], isKeyGiven: boolean): readonly string[] {
  const key = isKeyGiven
    ? 'The records were verified with the public key that was given, in the same reading in which they were counted.'
    : 'The records were verified with the key that each log names itself, which tells accidents and nothing of somebody ' +
      'who could write the whole log anew. With the public key and checkpoints from a place that whoever runs the proxy ' +
      'cannot write to, make it anew: holdfast audit report --public-key KEY --checkpoint FILE.';
  return [
    key,
    `It sums up the audit logs named in it: --log ${logs.join(' ')}. What they do not hold — other replicas, records ` +
      'that retention removed — is not in the report.',
    'All times are UTC. The period includes its beginning and not its end.',
  ];
}
