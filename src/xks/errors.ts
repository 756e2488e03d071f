import { ErrorWithoutStack } from '../shared/error-without-stack.js';

/**
 * The specification's error names and their HTTP statuses.
 *
 * @see XKS Proxy API, section Error codes
 */
export const XKS_ERROR_STATUS = {
  ValidationException: 400,
  InvalidStateException: 400,
  InvalidCiphertextException: 400,
  InvalidKeyUsageException: 400,
  AuthenticationFailedException: 401,
  AccessDeniedException: 403,
  KeyNotFoundException: 404,
  InvalidUriPathException: 404,
  ThrottlingException: 429,
  InternalException: 500,
  UnsupportedOperationException: 501,
  DependencyTimeoutException: 503,
} as const;

export type XksErrorName = keyof typeof XKS_ERROR_STATUS;

/**
 * A request that is answered with an error of the specification's table. The message goes to the
 * client, and from KMS into the customer's CloudWatch Logs; the reason stays with the operator.
 */
export class XksError extends ErrorWithoutStack {
  readonly errorName: XksErrorName;
  /** Reason for the operator, in the log alone; the client does not get it. */
  readonly reason: string | undefined;

  /** @param message for the client, as {@link errorBody} writes it */
  constructor(
    errorName: XksErrorName,
    message: string,
    options: { reason?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = errorName;
    this.errorName = errorName;
    this.reason = options.reason;
  }

  get status(): number {
    return XKS_ERROR_STATUS[this.errorName];
  }
}

/** The specification's limit is "fewer than 512". */
const MAX_MESSAGE_LENGTH = 511;

/**
 * The body of an answer that is an error: one line of JSON, whose message is cut to fewer than 512
 * characters and spelt in printable ASCII.
 *
 * @see XKS Proxy API, section Error codes
 */
export function errorBody(errorName: XksErrorName, message: string): string {
  const errorMessage = message.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_MESSAGE_LENGTH);
  return JSON.stringify({ errorName, errorMessage });
}
