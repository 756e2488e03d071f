/** Whole numbers, kept as the runs that they form: a forged number can make a run as long as it likes. */
export class Ranges {
  /** First and last, both in it. */
  #runs: (readonly [number, number])[] = [];

  /** @param end the first that is not added */
  add(start: number, end: number): void {
    if (end > start) this.#runs.push([start, end - 1]);
  }

  /** @returns whether it was there */
  delete(number: number): boolean {
    const index = this.#runs.findIndex(([first, last]) => first <= number && number <= last);
    const run = this.#runs[index];
    if (run === undefined) return false;
    const [first, last] = run;
    const parts: (readonly [number, number])[] = [];
    if (first < number) parts.push([first, number - 1]);
    if (number < last) parts.push([number + 1, last]);
    this.#runs.splice(index, 1, ...parts);
    return true;
  }

  /** Takes them all out. @returns runs, as first and last */
  clear(): (readonly [number, number])[] {
    const runs = this.#runs.sort(([a], [b]) => a - b);
    this.#runs = [];
    return runs;
  }
}
