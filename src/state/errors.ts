/** The reasons for which the state store did not do what it was asked. */
export type StateErrorCode =
  /** The document is not, or not any more, at the revision that the change replaces. */
  | 'conflict'
  /** The store cannot be asked, and the change is certainly not made. */
  | 'unavailable'
  /** The change may have been made or not, and the store cannot be asked which. */
  | 'outcome-unknown'
  /** Nobody knows what this counter has handed out: it is not there. */
  | 'count-unknown'
  /** The store has lost changes that were acknowledged: it accepts none until it is recovered. */
  | 'gone-back'
  /** A newer version of Holdfast has made this store, or this document. */
  | 'newer-version'
  /** The stored data cannot be trusted; it is left as it is, for a person to examine. */
  | 'damaged'
  /** There is no store here, and nothing says that one may be begun. */
  | 'empty'
  /** The store is set up in a way that it cannot work in. */
  | 'misconfigured'
  /** A name, a number or contents are outside of what every store takes; nothing is changed. */
  | 'invalid';

/** A failure of the state store. The message is for operators and holds no secret. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
