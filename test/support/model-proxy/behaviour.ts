import type { Answer, ModelKey } from './cryptography.js';
import type { Fields, Operation } from './validation.js';

/** A request as it came. */
export interface ModelRequest {
  readonly method: string;
  readonly path: string;
  /** By names in small letters; of a repeated one the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** All values of Authorization. */
  readonly authorizations: readonly string[];
  readonly body: Buffer;
}

/** An answer as it goes on the wire. */
export interface ModelAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An error of the table. */
export class ModelError extends Error {
  readonly errorName: string;
  readonly status: number;

  constructor(errorName: string, status: number) {
    super(errorName);
    this.errorName = errorName;
    this.status = status;
  }
}

/** The target of a path. */
export interface ModelTarget {
  readonly operation: Operation;
  readonly keyId: string;
}

/** Everything that a deviating proxy may do otherwise than the correct one. */
export interface Behaviour {
  targetOf(path: string): ModelTarget | undefined;
  methodNotAllowed(target: ModelTarget): number;
  /** Picks the Authorization header that counts. */
  authorizationOf(request: ModelRequest): string;
  readonly maxAgeMs: number;
  readonly requiredHeaders: readonly string[];
  serviceOf(scope: readonly string[]): string;
  hostOf(request: ModelRequest): string;
  bodyHashOf(request: ModelRequest): string;
  isSignature(given: string, computed: string): boolean;
  readonly isAuthenticating: (target: ModelTarget) => boolean;
  /** Names of fields that are wrong. */
  faultsOf(operation: Operation, fields: Fields): readonly string[];
  /** Error for a body that is wrong. */
  faultError(operation: Operation, faults: readonly string[]): ModelError;
  readonly maxBodyBytes: number;
  keyOf(id: string): ModelKey | undefined;
  encrypt(key: ModelKey, fields: Fields): Answer | Promise<Answer>;
  decrypt(key: ModelKey, fields: Fields): Answer;
  metadataOf(key: ModelKey): object;
  health(fields: Fields): object;
  /** Last change of an answer. */
  finish(answer: ModelAnswer, target: ModelTarget | undefined): ModelAnswer;
}
