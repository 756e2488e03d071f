import { KeyManagerError } from '../../backend.js';
import type { Failure } from '../wire/messages.js';

/** A failure that a child has reported. */
export class ChildFailure extends KeyManagerError {
  /** Consequence beyond this request: for the session, the child or the node. */
  readonly effect: Failure['effect'];

  constructor({ code, message, effect }: Failure) {
    super(code, message);
    this.effect = effect;
  }
}
