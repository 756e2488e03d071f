/** A fault in the contents of a file. The message goes on from the name of the file. */
export class InputProblem extends Error {
  override readonly name = 'InputProblem';

  /** The same with the place in the file before it, such as `record 3`. */
  at(place: string): InputProblem {
    return new InputProblem(`${place}: ${this.message}`, { cause: this.cause });
  }
}

/**
 * Does something with one of the things in a file.
 *
 * @throws InputProblem that names the place
 */
export function atPlace<Result>(place: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof InputProblem ? error.at(place) : error;
  }
}
