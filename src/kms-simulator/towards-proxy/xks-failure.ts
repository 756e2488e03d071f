/** Names of errors that the specification lets a proxy answer with. */
export const XKS_ERROR_NAMES = [
  'ValidationException',
  'InvalidStateException',
  'InvalidCiphertextException',
  'InvalidKeyUsageException',
  'AuthenticationFailedException',
  'AccessDeniedException',
  'KeyNotFoundException',
  'InvalidUriPathException',
  'ThrottlingException',
  'UnsupportedOperationException',
  'DependencyTimeoutException',
  'InternalException',
] as const;

/** The name of an error that a proxy has answered with. */
export type XksErrorName = (typeof XKS_ERROR_NAMES)[number];

/**
 * A scenario of the specification's table of failures, by the error's name where the proxy has
 * named one.
 *
 * `other-plaintext`: the proxy has decrypted to something that KMS did not encrypt.
 * `unfit-key`: the external key is of another type. `unavailable`: no key manager can serve.
 */
export type FailureScenario =
  | XksErrorName
  | 'malformed'
  | 'no-tcp'
  | 'no-tls'
  | 'timeout'
  | 'other-plaintext'
  | 'unfit-key'
  | 'unavailable'
  | 'not-connected';

/** The failure of a call of the proxy. Its message is for the log of the simulator alone. */
export class XksFailure extends Error {
  override readonly name = 'XksFailure';
  readonly scenario: FailureScenario;
  /** True when time ran out in the network, whatever it was waiting for. */
  readonly timedOut: boolean;

  constructor(
    scenario: FailureScenario,
    detail: string,
    options: ErrorOptions & { readonly timedOut?: boolean } = {},
  ) {
    super(detail, options);
    this.scenario = scenario;
    this.timedOut = options.timedOut ?? false;
  }
}
