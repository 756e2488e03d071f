import { KeyManagerError } from '../../backend.js';
import type { Failure } from '../wire/messages.js';

/** A child's own account of why it could not do what it was asked. */
export class ChildFailure extends KeyManagerError {
  /** What follows for others than the one who asked. */
  readonly effect: Failure['effect'];

  constructor({ code, message, effect }: Failure) {
    super(code, message);
    this.effect = effect;
  }
}
