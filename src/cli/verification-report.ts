import type { VerificationReport } from '../audit/verify/finding.js';
import { alignColumns } from '../shared/columns.js';
import { counted } from '../shared/counted.js';

/** A report, and when and with what it was made: what an auditor files. */
export interface VerificationPage extends VerificationReport {
  /** In ISO 8601. */
  readonly verifiedAt: string;
  /** The program and its version. */
  readonly verifiedWith: string;
  /** Verifier keys that the log was verified with. */
  readonly publicKeys: readonly string[];
  /** Files of checkpoints that were kept elsewhere. */
  readonly keptCheckpoints: readonly string[];
}

/** Of one log: what is wrong with it, how far it can be vouched for, and what is to be known. */
export function renderVerification(page: VerificationPage): string {
  const lines = [
    headline(page),
    ...page.findings.map(({ kind, file, message }) =>
      file === '' ? `  ${kind}: ${message}` : `  ${kind} (${file}): ${message}`,
    ),
    ...Object.entries(page.moreFindings).map(
      ([kind, more]) => `  ${kind}: ${String(more)} more of these are not listed.`,
    ),
    '',
    ...alignColumns([
      ['Verified', `${page.verifiedAt}, with ${page.verifiedWith}`],
      ['Log', page.origin],
      ['Folder', page.directory],
      ['Public key', page.publicKeys.join(', ')],
      ['Kept checkpoints', page.keptCheckpoints.join(', ') || 'none were given'],
      ['Records', recordsOf(page)],
      ['Time', timeOf(page)],
      ['Signed', signedOf(page)],
      ['Signed by', page.signedBy.join(', ') || 'nobody'],
      ['Root', rootOf(page)],
      ['Unsigned', unsignedOf(page)],
    ]),
    '',
    page.notVouchedFor.length === 0 ? 'It vouches for all of that.' : 'It cannot vouch for:',
    ...page.notVouchedFor.map((what) => `  - ${what}`),
    ...page.notes.map((note) => `Note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Counts the findings, those that are not listed included. */
export function countFindings({ findings, moreFindings }: VerificationReport): number {
  return Object.values(moreFindings).reduce((sum, more) => sum + more, findings.length);
}

/**
 * Tells whether nothing was found but files that the operating system did not let this program
 * read.
 */
export function isOnlyUnread({ findings, unread }: VerificationReport): boolean {
  return findings.length > 0 && findings.length === unread.length;
}

/** Tells whether all that was found is what a plain crash leaves as well. */
export function isOnlyTakenOver({ findings }: VerificationReport): boolean {
  return findings.length > 0 && findings.every(({ kind }) => kind === 'taken-over');
}

function headline(page: VerificationPage): string {
  const count = countFindings(page);
  if (count === 0) return 'Nothing is wrong.';
  if (isOnlyUnread(page)) return `COULD NOT LOOK at all of it: ${counted(count, 'file')}.`;
  if (isOnlyTakenOver(page)) {
    return `NOT VOUCHED FOR: ${counted(count, 'finding')}. A crash leaves this, and so does whoever writes the end of a log anew.`;
  }
  return `WRONG: ${counted(count, 'finding')}. Keep the files as they are.`;
}

function recordsOf({ records, segments, firstSequence, lastSequence }: VerificationReport): string {
  if (firstSequence === undefined) return 'none';
  return `${String(records)}, from ${String(firstSequence)} to ${String(lastSequence)}, in ${counted(segments, 'segment')}`;
}

function timeOf({ firstTime, lastTime }: VerificationReport): string {
  return `from ${firstTime ?? 'unknown'} to ${lastTime ?? 'unknown'}, by the clock of the host`;
}

function signedOf({
  vouchedBefore,
  matchedCheckpoints,
  matchedKeptCheckpoints,
  findings,
}: VerificationReport): string {
  if (matchedCheckpoints === 0) return 'nothing: no checkpoint could be held against the log';
  const kept = `${String(matchedKeptCheckpoints)} of them kept elsewhere`;
  const but = findings.length === 0 ? '' : ', but for what is said above';
  return `up to record ${String(vouchedBefore - 1)}, by ${counted(matchedCheckpoints, 'checkpoint')}, ${kept}${but}`;
}

function rootOf({ root, vouchedBefore }: VerificationReport): string {
  return root === undefined ? 'none' : `${root}, over ${counted(vouchedBefore, 'record')}`;
}

function unsignedOf({ unsignedRecords, lastSequence }: VerificationReport): string {
  if (unsignedRecords === 0 || lastSequence === undefined) return 'none';
  return `the last ${String(unsignedRecords)}, from record ${String(lastSequence - unsignedRecords + 1)}: nothing vouches for them but that they follow each other`;
}
