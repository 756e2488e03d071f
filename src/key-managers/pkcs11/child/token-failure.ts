import type { KeyManagerErrorCode } from '../../backend.js';
import type { Failure } from '../wire/messages.js';

/** A failure that the child reports to the parent. The message goes to the log. */
export class TokenFailure extends Error {
  override readonly name = 'TokenFailure';
  readonly code: KeyManagerErrorCode;
  readonly effect: Failure['effect'];

  constructor(code: KeyManagerErrorCode, message: string, effect?: Failure['effect']) {
    super(message);
    this.code = code;
    this.effect = effect;
  }
}
