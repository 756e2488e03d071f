import type { VerificationReport } from '../audit/verify/finding.js';
import { alignColumns } from '../shared/columns.js';

/** Of one log: what is wrong with it, how far it can be vouched for, and what is to be known. */
export function renderVerification(report: VerificationReport): string {
  const rows = [
    ['Log', report.origin],
    ['Folder', report.directory],
    ['Records', recordsOf(report)],
    ['Signed', signedOf(report)],
    ['Unsigned', unsignedOf(report)],
  ];
  const lines = [
    ...alignColumns(rows),
    '',
    ...(report.findings.length === 0
      ? ['Nothing is wrong.']
      : [
          'WRONG:',
          ...report.findings.map(({ kind, file, message }) =>
            file === '' ? `  ${kind}: ${message}` : `  ${kind} (${file}): ${message}`,
          ),
        ]),
    ...report.notes.map((note) => `Note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

function recordsOf({ records, segments, firstSequence, lastSequence }: VerificationReport): string {
  if (firstSequence === undefined) return 'none';
  return `${String(records)}, from ${String(firstSequence)} to ${String(lastSequence)}, in ${String(segments)} segments`;
}

function signedOf({ vouchedBefore, matchedCheckpoints }: VerificationReport): string {
  if (matchedCheckpoints === 0) return 'nothing: no checkpoint could be held against the log';
  return `up to record ${String(vouchedBefore - 1)}, by ${String(matchedCheckpoints)} checkpoints`;
}

function unsignedOf({ unsignedRecords, lastSequence }: VerificationReport): string {
  if (unsignedRecords === 0 || lastSequence === undefined) return 'none';
  return `the last ${String(unsignedRecords)}, from record ${String(lastSequence - unsignedRecords + 1)}: nothing vouches for them but that they follow each other`;
}
