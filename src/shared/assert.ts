/** A condition that our own code guarantees did not hold: a defect, never a client's mistake. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * States what must be true here.
 *
 * @throws InvariantError when it is not
 */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
