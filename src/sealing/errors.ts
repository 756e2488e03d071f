/** The faults of a master key or of the sealed contents that it should open. */
export type SealingErrorCode =
  /** Not a master key at all. */
  | 'invalid-master-key'
  /** A master key, and not the one that sealed this. */
  | 'wrong-master-key'
  /** The right master key, and the contents were changed, cut or made up. */
  | 'not-authentic'
  /** Genuine, and sealed for another place than the one where it was found. */
  | 'bound-elsewhere';

/** Something cannot be sealed or opened. The message holds no secret. */
export class SealingError extends Error {
  override readonly name = 'SealingError';
  readonly code: SealingErrorCode;

  constructor(code: SealingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
