import type { VerificationReport } from './finding.js';
import type { RecordRange } from './own-words.js';
import { rangeText } from './ranges.js';
import type { FinishedReading } from './reading.js';
import { removedCheckpoints, takenOver, unsealedEnds } from './unvouched.js';
import { counted } from '../../shared/counted.js';

/** Sums a reading up, and finds the faults that show only when all of the log is known. */
export function summary(
  reading: FinishedReading,
): Omit<VerificationReport, 'directory' | 'origin' | 'segments'> {
  const { result, checkpoints, findings, scope } = reading;
  const { records, end, vouchedBefore, root, firstTime, lastTime } = result;
  const taken = takenOver(reading);
  findCutOff(reading);
  findMissingStart(reading);
  findNothingSigned(reading);
  unsealedEnds(reading);
  removedCheckpoints(reading);
  return {
    signedBy: [...result.signedBy],
    records,
    ...(records > 0 && { firstSequence: scope.first, lastSequence: end - 1 }),
    ...(firstTime !== undefined && { firstTime }),
    ...(lastTime !== undefined && { lastTime }),
    matchedCheckpoints: result.matchedSizes.length,
    matchedKeptCheckpoints: result.matchedKept,
    vouchedBefore,
    ...(root !== undefined && { root }),
    unsignedRecords: Math.max(0, end - Math.max(vouchedBefore, scope.first)),
    tornBytes: result.tornBytes,
    findings: findings.list,
    moreFindings: findings.more,
    unread: [...checkpoints.unread, ...result.unread],
    notVouchedFor: notVouchedFor(reading, taken.ranges),
    notes: [...taken.notes, ...notes(reading)],
  };
}

function findCutOff({ result, checkpoints, findings }: FinishedReading): void {
  const { end, isEndUnread } = result;
  const last = checkpoints.sizes.at(-1);
  if (last === undefined || last <= end || isEndUnread) return;
  const [signed] = checkpoints.signedFor(last);
  findings.add({
    kind: 'cut-off',
    file: signed?.file ?? '',
    sequence: end,
    lastSequence: last - 1,
    message: `The log ends before record ${String(end)}, and what was signed has ${counted(last, 'record')}: at least records ${String(end)} to ${String(last - 1)} are not there.`,
  });
}

function findMissingStart(reading: FinishedReading): void {
  const { result, findings, scope } = reading;
  const { first } = scope;
  if (result.records === 0) {
    if (result.isUnread) return;
    findings.add({ kind: 'removed', file: '', sequence: 0, message: 'There is no record at all.' });
  } else if (first > 0 && !isStartExplained(reading)) {
    const message = `The log begins with record ${String(first)}, and no record of it that is signed says that those before were removed by retention.`;
    findings.add({ kind: 'removed', file: '', sequence: 0, lastSequence: first - 1, message });
  }
}

function findNothingSigned({ result, checkpoints, findings, scope }: FinishedReading): void {
  const { records, vouchedBefore } = result;
  if (vouchedBefore > 0 || records === 0 || checkpoints.unreadOwn.length > 0) return;
  const message =
    'No checkpoint vouches for any record: whoever can write to the folder can have written all of it.';
  findings.add({ kind: 'unsigned', file: '', sequence: scope.first, message });
}

function isStartExplained({ words, scope, result }: FinishedReading): boolean {
  return words.explain(scope.first, result.vouchedBefore);
}

function notVouchedFor(reading: FinishedReading, taken: readonly RecordRange[]): readonly string[] {
  const { result, scope } = reading;
  const { end, vouchedBefore, unread } = result;
  const from = Math.max(vouchedBefore, scope.first);
  return [
    ...(from < end
      ? [`${rangeText(from, end - 1)}: not signed yet. They follow on from each other.`]
      : []),
    ...taken.map(({ first, last }) => `${rangeText(first, last)}: taken over unsigned.`),
    ...(scope.first > 0 ? [`${rangeText(0, scope.first - 1)}: not here.`] : []),
    ...unread.map((file) => `What stands in ${file}, which could not be read.`),
    ...(scope.isHeldAgainstKept
      ? []
      : [
          'That the log was not rolled back to an older state, or written anew with the key: no checkpoint that was kept elsewhere was given.',
        ]),
  ];
}

function notes(reading: FinishedReading): readonly string[] {
  const { result, checkpoints, words, scope } = reading;
  const { tornBytes, end } = result;
  const incomparable = checkpoints.sizes.filter((size) => size <= scope.first && size > 0).length;
  return [
    ...checkpoints.notes,
    ...(scope.first > 0 && isStartExplained(reading)
      ? [
          `Records 0 to ${String(scope.first - 1)} are not here: the log says that retention has removed them.`,
        ]
      : []),
    ...(incomparable > 0
      ? [
          `${incomparable === 1 ? '1 checkpoint is' : `${String(incomparable)} checkpoints are`} older than the first record here and could not be compared.`,
        ]
      : []),
    ...words.leftBehind.map(
      ({ sequence, tornBytes: cut, setAside }) =>
        `Record ${String(sequence)} says that a start has cut off ${String(cut)} bytes, and has set aside ${setAside.join(', ') || 'nothing'}.`,
    ),
    ...(tornBytes > 0
      ? [
          `${String(tornBytes)} bytes after record ${String(end - 1)} are no whole record: the process ended while it was being written, or is writing it now.`,
        ]
      : []),
  ];
}
