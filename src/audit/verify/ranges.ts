/** Maximum number of gaps that are told apart. A file with more has forged numbers. */
const MAX_RUNS = 1000;

/** Records that are missing, one after the other. */
export interface Run {
  readonly first: number;
  /** Sequence of the last record, which is missing as well. */
  readonly last: number;
  /** The file that they are missing in, or the missing file. */
  readonly file: string;
}

/**
 * Whole numbers, kept as the runs that they form: a forged number can make a run as long as it
 * likes.
 */
export class Ranges {
  #runs: Run[] = [];
  #left = 0;

  /** Number of those that were left out because there were too many runs. */
  get left(): number {
    return this.#left;
  }

  /** @param end the first that is not added */
  add(first: number, end: number, file: string): void {
    if (end <= first) return;
    if (this.#runs.length >= MAX_RUNS) this.#left += end - first;
    else this.#runs.push({ first, last: end - 1, file });
  }

  /** @returns whether it was there */
  delete(number: number): boolean {
    const index = this.#runs.findIndex(({ first, last }) => first <= number && number <= last);
    const run = this.#runs[index];
    if (run === undefined) return false;
    const { first, last } = run;
    const parts: Run[] = [];
    if (first < number) parts.push({ ...run, last: number - 1 });
    if (number < last) parts.push({ ...run, first: number + 1 });
    this.#runs.splice(index, 1, ...parts);
    return true;
  }

  /** Takes all gaps out, in their order. */
  clear(): readonly Run[] {
    const runs = this.#runs.sort((a, b) => a.first - b.first);
    this.#runs = [];
    return runs;
  }
}

/** Names a range of records for a sentence. */
export function rangeText(first: number, last: number): string {
  return first === last ? `Record ${String(first)}` : `Records ${String(first)} to ${String(last)}`;
}
