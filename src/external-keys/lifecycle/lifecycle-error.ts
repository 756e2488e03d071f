/** The reasons for which an act on a key or an alias was refused, or is not finished. */
export type LifecycleErrorCode =
  /** There is no such key or alias. */
  | 'not-found'
  /** The id is taken, or somebody else has changed the key meanwhile. */
  | 'conflict'
  /** The state of the key does not allow the act. */
  | 'invalid-state'
  /** The key manager cannot do it, or not where replicas share it without a shared store. */
  | 'unsupported'
  /** The request makes no sense. */
  | 'invalid'
  /** The act is begun and written down, and will be finished without anybody's doing. */
  | 'unfinished';

/** An act on a key or an alias that was refused, or is not finished. For operators; no secret. */
export class LifecycleError extends Error {
  override readonly name = 'LifecycleError';
  readonly code: LifecycleErrorCode;

  constructor(code: LifecycleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
