import type { Call } from '../call.js';

/** A KMS key that a call is about. */
export interface UsedKey {
  readonly arn: string;
  readonly customKeyStoreId?: string | undefined;
  readonly xksKeyId?: string | undefined;
}

/** The end of a call of KMS, for CloudTrail. */
export interface Outcome {
  /** The input as the caller sent it; secrets and plaintexts are left out of the event. */
  readonly input: Readonly<Record<string, unknown>>;
  /** In the order of the operation: of ReEncrypt the source, then the destination. */
  readonly keys: readonly UsedKey[];
  /** Absent when the call failed. */
  readonly output?: Readonly<Record<string, unknown>> | undefined;
  /** Absent when the call succeeded. */
  readonly error?: { readonly name: string; readonly message: string } | undefined;
}

/** Is told of each call when its answer is decided. */
export interface CallListener {
  finished(call: Call, outcome: Outcome): void;
}
