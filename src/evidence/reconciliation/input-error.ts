/** Something was given to compare that cannot be compared. */
export class ReconciliationInputError extends Error {
  override readonly name: string = 'ReconciliationInputError';
}
