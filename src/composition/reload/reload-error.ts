/** A configuration that cannot be put in force now; the one before stays. */
export class ReloadError extends Error {
  override readonly name = 'ReloadError';

  /** @param reasons sentences without their full stops */
  constructor(reasons: readonly string[], options?: ErrorOptions) {
    super(reasons.join('.\n'), options);
  }
}
