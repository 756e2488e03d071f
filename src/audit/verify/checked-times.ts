import { readSegmentHeader } from '../read/segment-header.js';
import { type SegmentBefore, SegmentTimes } from '../read/segment-times.js';
import type { SegmentName } from './chain.js';
import type { Findings } from './findings.js';

/**
 * Checks what the first record of a segment says of the times of the records before it: a search
 * for a period believes it. Where those records are not all as they were written, that is found by
 * itself, and nothing is said of their times.
 */
export class CheckedTimes {
  readonly #findings: Findings;
  #times: SegmentTimes | undefined;
  #findingsBefore = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /**
   * A segment begins with a line, which is still to be added.
   *
   * @param findingsBefore their number before anything was found about this line
   */
  begin({ file, first }: SegmentName, line: Buffer, findingsBefore: number): void {
    const times = this.#times;
    const isAsWritten =
      times !== undefined &&
      this.#findings.total === this.#findingsBefore &&
      times.told.firstSequence + times.records === first;
    const claimed = isAsWritten ? readSegmentHeader(line)?.record.segmentBefore : undefined;
    if (times !== undefined && claimed !== undefined && !isSame(claimed, times.told)) {
      this.#findings.add({
        kind: 'changed',
        file,
        sequence: first,
        message: `${file} says another thing of the times of the records before it.`,
      });
    }
    this.#times = new SegmentTimes(first);
    this.#findingsBefore = findingsBefore;
  }

  /** Adds the next line of the segment. */
  add(line: Buffer): void {
    this.#times?.add(line);
  }
}

function isSame(a: SegmentBefore, b: SegmentBefore): boolean {
  return a.firstSequence === b.firstSequence && a.earliest === b.earliest && a.latest === b.latest;
}
