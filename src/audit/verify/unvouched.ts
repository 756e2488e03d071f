import type { RecordRange, TakenOver } from './own-words.js';
import { rangeText } from './ranges.js';
import type { FinishedReading } from './reading.js';
import { counted } from '../../shared/counted.js';

/**
 * Finds what servers took over unsigned. A checkpoint that was signed before takes as much out of
 * it as it covers: later ones cover the record that tells of it, too.
 *
 * @returns all of it, what was accepted included, and notes of that
 */
export function takenOver(reading: FinishedReading) {
  const notes: string[] = [];
  const merged = withoutContained(unvouchedRanges(reading));
  for (const told of merged) {
    const { first, last } = told;
    const message = takenOverText(told);
    if (isAccepted(told, reading)) {
      notes.push(`${message} You have accepted that.`);
    } else if (told.isSigned) {
      reading.findings.add({
        kind: 'taken-over',
        file: '',
        sequence: first,
        lastSequence: last,
        message: `${message} When you know why: --accept ${String(first)}-${String(last)}.`,
      });
    }
  }
  return { ranges: merged.map(({ first, last }) => ({ first, last })), notes };
}

/** Records that were taken over unsigned, and the records that tell of it. */
interface UnvouchedRange extends RecordRange {
  readonly toldBy: readonly TakenOver[];
  /** True when one of the records that tell of it is signed. */
  readonly isSigned: boolean;
}

function unvouchedRanges(reading: FinishedReading): readonly UnvouchedRange[] {
  return reading.words.takenOver.flatMap((taken) => {
    const range = unvouchedPart(taken, reading);
    if (range === undefined) return [];
    return [{ ...range, toldBy: [taken], isSigned: taken.sequence < reading.result.vouchedBefore }];
  });
}

/**
 * Merges ranges that contain each other: a server that is killed before it has signed leaves a
 * longer range to every start. What is signed is not merged into what only an unsigned record says.
 */
function withoutContained(ranges: readonly UnvouchedRange[]): readonly UnvouchedRange[] {
  const merged: UnvouchedRange[] = [];
  const longestFirst = [...ranges].sort((a, b) => a.first - b.first || b.last - a.last);
  for (const range of longestFirst) {
    const at = merged.findIndex(
      (outer) => range.last <= outer.last && (outer.isSigned || !range.isSigned),
    );
    const outer = merged[at];
    if (outer === undefined) merged.push(range);
    else merged[at] = { ...outer, toldBy: [...outer.toldBy, ...range.toldBy] };
  }
  return merged;
}

function takenOverText({ first, last, toldBy }: UnvouchedRange): string {
  const told = [...toldBy].sort((a, b) => a.sequence - b.sequence);
  const sequences = told.map(({ sequence }) => String(sequence));
  const says =
    sequences.length === 1
      ? `record ${sequences.join('')} says`
      : `records ${sequences.slice(0, -1).join(', ')} and ${String(sequences.at(-1))} say`;
  const reasons = told.flatMap(({ accepted }) => (accepted === undefined ? [] : [accepted]));
  const why = [...new Set(reasons)].map(
    (reason) => ` The operator's reason: ${JSON.stringify(reason)}.`,
  );
  return `${rangeText(first, last)} had no signature when a server started and continued behind them, as ${says}: whoever could write to the disk before that may have written them.${why.join('')}`;
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
        ? 'No checkpoint covers them: a kill just then leaves that to the next start.'
        : `The next checkpoint, of ${counted(coveredBy, 'record')}, covers them.`;
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
      ? `of ${counted(first, 'record')}`
      : `of ${String(first)} to ${String(last)} records`;
  findings.add({
    kind: 'checkpoint-removed',
    file: '',
    message: `Kept elsewhere, and not beside the log any more: ${counted(gone.length, 'checkpoint')} ${sizes}.`,
  });
}
