import type { VerificationReport } from '../audit/verify/finding.js';
import { alignColumns } from '../shared/columns.js';

/** Of one log: what is wrong with it, how far it can be vouched for, and what is to be known. */
export function renderVerification(report: VerificationReport): string {
  const { findings } = report;
  const lines = [
    findings.length === 0
      ? 'Nothing is wrong.'
      : `WRONG: ${countOf(findings.length, 'finding')}. Keep the files as they are.`,
    ...findings.map(({ kind, file, message }) =>
      file === '' ? `  ${kind}: ${message}` : `  ${kind} (${file}): ${message}`,
    ),
    '',
    ...alignColumns([
      ['Log', report.origin],
      ['Folder', report.directory],
      ['Records', recordsOf(report)],
      ['Signed', signedOf(report)],
      ['Unsigned', unsignedOf(report)],
    ]),
    ...report.notes.map((note) => `Note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

function recordsOf({ records, segments, firstSequence, lastSequence }: VerificationReport): string {
  if (firstSequence === undefined) return 'none';
  return `${String(records)}, from ${String(firstSequence)} to ${String(lastSequence)}, in ${countOf(segments, 'segment')}`;
}

function signedOf({ vouchedBefore, matchedCheckpoints, findings }: VerificationReport): string {
  if (matchedCheckpoints === 0) return 'nothing: no checkpoint could be held against the log';
  const but = findings.length === 0 ? '' : ', but for what is said above';
  return `up to record ${String(vouchedBefore - 1)}, by ${countOf(matchedCheckpoints, 'checkpoint')}${but}`;
}

function unsignedOf({ unsignedRecords, lastSequence }: VerificationReport): string {
  if (unsignedRecords === 0 || lastSequence === undefined) return 'none';
  return `the last ${String(unsignedRecords)}, from record ${String(lastSequence - unsignedRecords + 1)}: nothing vouches for them but that they follow each other`;
}

function countOf(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
