import { ErrorWithoutStack } from '../shared/error-without-stack.js';

/**
 * The reasons to refuse a signature. For the log and the metrics alone: the client is told nothing
 * but that authentication failed, so that it learns neither which ids exist nor which check it met.
 */
export const SIGNATURE_FAILURES = [
  'missing-authorization',
  'malformed-authorization',
  'repeated-header',
  'missing-signed-header',
  'unsigned-host-or-date',
  'malformed-date',
  'clock-skew',
  'scope-date',
  'scope-region',
  'scope-service',
  'unknown-access-key-id',
  'credential-disabled',
  'credential-not-yet-valid',
  'credential-expired',
  'credential-unreadable',
  'signature-mismatch',
] as const;

/** One of {@link SIGNATURE_FAILURES}. */
export type SignatureFailure = (typeof SIGNATURE_FAILURES)[number];

/** A request whose signature does not hold. */
export class SignatureError extends ErrorWithoutStack {
  override readonly name = 'SignatureError';
  readonly failure: SignatureFailure;
  /** As the client claims it; absent where the header could not be read. */
  readonly accessKeyId: string | undefined;
  /** For the log: what the client claims, where that says what to change. */
  readonly detail: string | undefined;

  constructor(
    failure: SignatureFailure,
    { accessKeyId, detail }: { accessKeyId?: string; detail?: string | undefined } = {},
  ) {
    super(failure);
    this.failure = failure;
    this.accessKeyId = accessKeyId;
    this.detail = detail;
  }
}
