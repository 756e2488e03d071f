import type { RecordRange, TakenOver } from './own-words.js';
import { rangeText } from './ranges.js';
import type { FinishedReading } from './reading.js';

/**
 * Finds what servers took over unsigned. A checkpoint that was signed before takes as much out of
 * it as it covers: later ones cover the record that tells of it, too.
 *
 * @returns all of it, what was accepted included, and notes of that
 */
export function takenOver(reading: FinishedReading) {
  const { words, findings, result } = reading;
  const ranges: RecordRange[] = [];
  const notes: string[] = [];
  for (const taken of words.takenOver) {
    const range = unvouchedPart(taken, reading);
    if (range === undefined) continue;
    ranges.push(range);
    const message = takenOverText(range, taken);
    if (isAccepted(range, reading)) {
      notes.push(`${message} You have accepted that.`);
    } else if (taken.sequence < result.vouchedBefore) {
      const { first, last } = range;
      findings.add({
        kind: 'taken-over',
        file: '',
        sequence: first,
        lastSequence: last,
        message: `${message} When you know why: --accept ${String(first)}-${String(last)}.`,
      });
    }
  }
  return { ranges, notes };
}

function takenOverText({ first, last }: RecordRange, { sequence, accepted }: TakenOver): string {
  const why = accepted === undefined ? '' : ` The operator's reason: ${JSON.stringify(accepted)}.`;
  return `${rangeText(first, last)} had no signature when a server started and continued behind them, as record ${String(sequence)} says: whoever could write to the disk before that may have written them.${why}`;
}

/** @returns undefined where all of it was signed before, or is not here any more */
function unvouchedPart(
  { first, last, sequence }: TakenOver,
  { result, checkpoints, scope }: FinishedReading,
): RecordRange | undefined {
  const after = result.matchedSizes.find((size) => size > sequence);
  const keysAfter = after === undefined ? [] : checkpoints.signedFor(after);
  const before = result.matchedSizes.findLast((size) => {
    if (size <= last) return true;
    // A server may have signed just that when it closed the segment; not with a key that it no
    // longer had.
    return (
      size === last + 1 &&
      checkpoints
        .signedFor(size)
        .some(({ signedBy }) => keysAfter.every((key) => key.signedBy !== signedBy))
    );
  });
  // What is not signed itself may say what it likes of what is.
  const said = sequence < result.vouchedBefore ? first : Math.max(first, result.vouchedBefore);
  const from = Math.max(said, before ?? 0, scope.first);
  return from > last ? undefined : { first: from, last };
}

function isAccepted({ first, last }: RecordRange, { scope }: FinishedReading): boolean {
  return scope.accepted.some(([from, to]) => from <= first && last <= to);
}

/**
 * Finds closed segments whose end was not signed, but for those that a server says it took over so.
 */
export function unsealedEnds({
  seals,
  findings,
  checkpoints,
  words,
  result,
}: FinishedReading): void {
  // Nothing is signed, which is found already, or what is signed could not be read.
  if (result.vouchedBefore === 0 || checkpoints.unreadOwn.length > 0) return;
  for (const { file, size, coveredBy } of seals.unsealed()) {
    const isTold = words.takenOver.some(({ first, last }) => first < size && size <= last + 1);
    if (isTold) continue;
    const next =
      coveredBy === undefined
        ? 'No checkpoint covers them.'
        : `The next checkpoint, of ${String(coveredBy)} records, covers them.`;
    findings.add({
      kind: 'unsealed',
      file,
      sequence: size - 1,
      message: `${file} is closed with record ${String(size - 1)}, and no checkpoint was signed there, or it was removed. ${next}`,
    });
  }
}

/**
 * Finds checkpoints that were kept elsewhere and are gone from the folder: a server never removes
 * one of a segment that is there.
 */
export function removedCheckpoints({
  checkpoints,
  findings,
  words,
  scope,
  result,
}: FinishedReading): void {
  if (checkpoints.unreadOwn.length > 0 || result.records === 0) return;
  const aside = new Set(
    words.leftBehind
      .filter(({ sequence }) => sequence < result.vouchedBefore)
      .flatMap(({ sizes }) => sizes),
  );
  const gone = result.matchedSizes.filter(
    (size) =>
      size > scope.first &&
      !aside.has(size) &&
      !checkpoints.signedFor(size).some(({ isOwn }) => isOwn),
  );
  const [first] = gone;
  const last = gone.at(-1);
  if (first === undefined || last === undefined) return;
  const sizes =
    first === last
      ? `of ${String(first)} records`
      : `of ${String(first)} to ${String(last)} records`;
  findings.add({
    kind: 'checkpoint-removed',
    file: '',
    message: `${String(gone.length)} checkpoints ${sizes} were kept elsewhere, and are not beside the log any more.`,
  });
}
