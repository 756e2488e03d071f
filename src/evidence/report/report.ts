import { join } from 'node:path';
import { LogFolder } from '../../audit/read/log-folder.js';
import { verifyLog } from '../../audit/verify/verify.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import { controlsSection } from './controls.js';
import { type Counted, type Counter, Counting, type CountingConfig } from './counting.js';
import type { Report } from './model/document.js';
import { ownKeys } from './own-keys.js';
import {
  faultsOf,
  type ReportFinding,
  SUMMARY,
  sortedFindings,
  summarySection,
  type VerifiedLog,
  verificationFindings,
} from './summary.js';

/** The terms of a report. */
export interface ReportConfig extends CountingConfig {
  /** The program that makes it, with its version. */
  readonly generator: string;
  /** Keys that the logs are verified with; without them, those that the logs name themselves. */
  readonly keys?: readonly VerifierKey[] | undefined;
  /** Files of checkpoints that were kept elsewhere. */
  readonly keptCheckpoints?: readonly string[] | undefined;
}

/** A report, with its findings and the facts that decide the exit status of its command. */
export interface ReportOutcome {
  readonly report: Report;
  /** Paths of files that could not be read to their end. The report has them among the gaps. */
  readonly unreadable: readonly string[];
  /** True when keys were given, and a log is not as they signed it. */
  readonly isNotAsSigned: boolean;
  /** The findings that the report begins with, in its order. */
  readonly findings: readonly ReportFinding[];
}

/**
 * Makes a report in one pass over logs, in which every line is verified and counted. Memory is
 * bounded by what a report can show, not by the number of records.
 *
 * @param logs folders, one a replica
 * @param counter counts the records; it is closed
 * @throws NoLogError, or the file system's error when a folder cannot be read
 */
export async function makeReport(
  logs: readonly string[],
  config: ReportConfig,
  counter: Counter = new Counting(config),
): Promise<ReportOutcome> {
  try {
    const verified: VerifiedLog[] = [];
    for (const log of logs) verified.push(await readLog(log, config, counter));
    const counted = await counter.result();
    const findings = sortedFindings([...verificationFindings(verified), ...counted.findings]);
    return {
      report: reportOf({ logs, config, verified, findings, counted }),
      findings,
      unreadable: verified.flatMap(unreadableOf),
      isNotAsSigned:
        config.keys !== undefined &&
        verified.some((log) => faultsOf(log, (kind) => kind !== 'taken-over') > 0),
    };
  } finally {
    await counter.close();
  }
}

interface Pass {
  readonly logs: readonly string[];
  readonly config: ReportConfig;
  readonly verified: readonly VerifiedLog[];
  readonly findings: readonly ReportFinding[];
  readonly counted: Counted;
}

function reportOf({ logs, config, verified, findings, counted }: Pass): Report {
  const { fromMs, toMs, nowMs, generator, keys } = config;
  const generatedAt = new Date(nowMs).toISOString();
  const { sections, totals } = counted;
  return {
    title: 'Use of external keys',
    generatedAt,
    generator,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    statement: statement(logs, keys !== undefined),
    sections: [
      summarySection({ findings, totals, logs: verified, verifiedAt: generatedAt }),
      ...sections.map(({ id, title, about, tables }) => ({ id, title, about, tables })),
      controlsSection([SUMMARY, ...sections]),
    ],
  };
}

/** Verifies a log and counts its records in the same reading. */
async function readLog(
  directory: string,
  config: ReportConfig,
  counter: Counter,
): Promise<VerifiedLog> {
  const folder = await LogFolder.open(directory);
  const keys = config.keys ?? (await ownKeys(folder));
  await counter.begin(directory);
  const verification = await verifyLog({
    directory,
    keys,
    keptCheckpoints: config.keptCheckpoints ?? [],
    visit: (lines) => counter.take(lines),
  });
  await counter.end(verification.findings);
  return { ...verification, keys, isKeyGiven: config.keys !== undefined };
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
