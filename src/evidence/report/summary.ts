import { createHash } from 'node:crypto';
import type { FindingKind, VerificationReport } from '../../audit/verify/finding.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import type { CollectedFinding, FindingLevel } from './model/collector.js';
import { type Row, type Section, shapeOf, type TableShape } from './model/document.js';
import { counted } from '../../shared/counted.js';

const LEVELS: readonly FindingLevel[] = ['wrong', 'check', 'note'];

/** The first section, as it is declared. */
export const SUMMARY = {
  id: 'summary',
  title: 'Summary',
  about:
    'Wrong: the evidence itself is damaged, incomplete or not vouched for. Check: somebody has to explain ' +
    'it. Note: good to know. The records were counted while they were verified: the figures ' +
    'are those of the tree with this root hash, and of the records behind it that are not signed yet.',
  controls: [
    '10.4.1 logs are reviewed; 10.3.4 changes to logs are detected',
    'Art. 12(2)(b) detection of anomalous activities; Art. 12(2)(d)',
    'A.8.15, A.8.16',
    'Section 9 (audit)',
  ],
} as const;

/** A finding, and the section that has its details. */
export interface ReportFinding extends CollectedFinding {
  /** Id of the section. */
  readonly section: string;
}

/** The verification of a log, and the keys that it was verified with. */
export interface VerifiedLog extends VerificationReport {
  readonly keys: readonly VerifierKey[];
  /** True when the keys were given on the command line, and not taken from the log itself. */
  readonly isKeyGiven: boolean;
}

const FINDINGS: TableShape = {
  ...shapeOf('findings', 'Findings', {
    level: 'Level',
    count: ['Number', 'count'],
    finding: ['Finding', 'prose'],
    section: ['Where to look', 'section'],
    where: 'Table',
  }),
  marked: { key: 'level', values: ['wrong'] },
};
const TOTALS = shapeOf('totals', 'In numbers', {
  what: 'In the period',
  count: ['Number', 'count'],
});
const VERIFICATION: TableShape = {
  ...shapeOf('verification', 'Verification', {
    log: 'Log',
    origin: 'Origin',
    result: 'Result',
    treeSize: ['Signed up to, tree size', 'count'],
    rootHash: ['Root hash', 'code'],
    signedBy: ['Signed by', 'code'],
    keyFingerprints: ['SHA-256 of the public key', 'code'],
    keyFrom: 'Public key from',
    checkpoints: ['Checkpoints that match', 'count'],
    keptCheckpoints: ['Of them kept elsewhere', 'count'],
    records: ['Records read', 'count'],
    unsigned: ['Not signed yet', 'count'],
    firstTime: ['First record', 'time'],
    lastTime: ['Last record', 'time'],
    verifiedAt: ['Verified', 'time'],
  }),
  layout: 'across',
};
const FAULTS = shapeOf('verification-findings', 'What verification found', {
  log: 'Log',
  kind: 'Kind',
  file: 'File',
  firstSequence: ['First sequence', 'id'],
  lastSequence: ['Last sequence', 'id'],
  message: ['Finding', 'prose'],
});
const LIMITS = shapeOf('verification-limits', 'What verification cannot vouch for', {
  log: 'Log',
  what: ['What', 'prose'],
});

/** The results that the summary shows. */
export interface SummaryInput {
  /** Sorted. */
  readonly findings: readonly ReportFinding[];
  readonly totals: Readonly<Record<string, number>>;
  readonly logs: readonly VerifiedLog[];
  readonly verifiedAt: string;
}

/** Makes the part of a report that its reader must not overlook, in front of everything else. */
export function summarySection({ findings, totals, logs, verifiedAt }: SummaryInput): Section {
  return {
    ...SUMMARY,
    tables: [
      { ...FINDINGS, rows: findings.map((finding) => ({ ...finding })) },
      { ...TOTALS, rows: Object.entries(totals).map(([what, count]) => ({ what, count })) },
      { ...VERIFICATION, rows: logs.map((log) => verificationRow(log, verifiedAt)) },
      { ...FAULTS, rows: logs.flatMap(faultRows) },
      { ...LIMITS, rows: logs.flatMap(limitRows) },
    ],
  };
}

function faultRows({ directory: log, findings }: VerifiedLog): readonly Row[] {
  return findings.map(({ kind, file, sequence, lastSequence, message }) => ({
    ...{ log, kind, file, firstSequence: sequence, lastSequence, message },
  }));
}

function limitRows({ directory: log, notVouchedFor, notes }: VerifiedLog): readonly Row[] {
  return [...notVouchedFor, ...notes].map((what) => ({ log, what }));
}

/** Puts findings in the order in which they are read, and leaves out what there is none of. */
export function sortedFindings(findings: readonly ReportFinding[]): readonly ReportFinding[] {
  const there = findings.filter(({ count }) => count > 0);
  return LEVELS.flatMap((level) => there.filter((finding) => finding.level === level));
}

/** Findings about the logs as evidence. */
export function verificationFindings(logs: readonly VerifiedLog[]): readonly ReportFinding[] {
  const finding = (
    level: FindingLevel,
    count: number,
    text: string,
    where: string,
  ): ReportFinding => ({ level, count, finding: text, section: SUMMARY.id, where });
  const sum = (of: (log: VerifiedLog) => number) => logs.reduce((total, log) => total + of(log), 0);
  const faults = sum((log) => faultsOf(log, (kind) => kind !== 'taken-over'));
  const self = logs.filter(({ isKeyGiven }) => !isKeyGiven).length;
  const unkept = logs.filter((log) => log.matchedKeptCheckpoints === 0).length;
  const table = VERIFICATION.title;
  return [
    finding(
      'wrong',
      faults,
      'Faults: a log is not what was written and signed.',
      'What verification found',
    ),
    finding(
      'check',
      self,
      'Logs were verified with the key that they name themselves, which whoever rewrites a log rewrites too: use --public-key.',
      table,
    ),
    finding(
      'check',
      sum((log) => log.unsignedRecords),
      'Records at the end are not signed yet.',
      table,
    ),
    finding(
      'note',
      unkept,
      'Logs were held against no checkpoint that was kept elsewhere, so that one rolled back to an older state is not told: use --checkpoint.',
      table,
    ),
  ];
}

/** Counts what verification found of some kinds, listed or not. */
export function faultsOf(
  { findings, moreFindings }: Pick<VerificationReport, 'findings' | 'moreFindings'>,
  isMeant: (kind: FindingKind) => boolean,
): number {
  const listed = findings.filter(({ kind }) => isMeant(kind)).length;
  const more = Object.entries(moreFindings) as [FindingKind, number][];
  return more.reduce((sum, [kind, count]) => (isMeant(kind) ? sum + count : sum), listed);
}

function verificationRow(log: VerifiedLog, verifiedAt: string): Row {
  const { keys, isKeyGiven, directory, origin, vouchedBefore, root } = log;
  const { matchedCheckpoints, matchedKeptCheckpoints, records, unsignedRecords } = log;
  const { firstTime, lastTime, signedBy } = log;
  const named = keys.filter(({ name }) => name === origin);
  return {
    log: directory,
    origin,
    result: resultOf(log),
    treeSize: vouchedBefore,
    rootHash: root,
    signedBy: signedBy.join(', '),
    keyFingerprints: named.map(fingerprintOf).join(', '),
    keyFrom: keyFrom(isKeyGiven, keys.length),
    checkpoints: matchedCheckpoints,
    keptCheckpoints: matchedKeptCheckpoints,
    records,
    unsigned: unsignedRecords,
    firstTime,
    lastTime,
    verifiedAt,
  };
}

function resultOf(log: VerifiedLog): string {
  const faults = faultsOf(log, (kind) => kind !== 'taken-over');
  const takenOver = faultsOf(log, (kind) => kind === 'taken-over');
  if (faults > 0) return counted(faults, 'fault');
  return takenOver > 0
    ? 'nothing is wrong but for the records that were taken over unsigned'
    : 'nothing is wrong';
}

function keyFrom(isGiven: boolean, count: number): string {
  if (isGiven) return '--public-key';
  return count === 0 ? 'nowhere: the log names none' : 'the log itself';
}

/** Formats the fingerprint as `openssl dgst -sha256` does for the 32 bytes of the key. */
function fingerprintOf({ publicKey }: VerifierKey): string {
  return createHash('sha256').update(publicKey).digest('hex');
}
