/** The error for an input that cannot be compared. */
export class ReconciliationInputError extends Error {
  override readonly name = 'ReconciliationInputError';
}

/** Makes the error for a file or a folder that cannot be used, which it names. */
export function unusableInput(
  path: string,
  problem: string,
  options?: ErrorOptions,
): ReconciliationInputError {
  return new ReconciliationInputError(`${path}: ${problem}`, options);
}
