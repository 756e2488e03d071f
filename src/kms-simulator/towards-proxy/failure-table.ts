import type { FailureScenario } from './xks-failure.js';

/** A code of a failed connection, as DescribeCustomKeyStores tells it. */
export type ConnectionErrorCode =
  | 'INTERNAL_ERROR'
  | 'INVALID_CREDENTIALS'
  | 'NETWORK_ERRORS'
  | 'XKS_PROXY_ACCESS_DENIED'
  | 'XKS_PROXY_INVALID_CONFIGURATION'
  | 'XKS_PROXY_INVALID_RESPONSE'
  | 'XKS_PROXY_INVALID_TLS_CONFIGURATION'
  | 'XKS_PROXY_NOT_REACHABLE'
  | 'XKS_PROXY_TIMED_OUT';

/** The meaning of a failure to callers of KMS. */
export interface FailureMeaning {
  /** Exception of CreateCustomKeyStore and UpdateCustomKeyStore. */
  readonly keyStore: string;
  /** Exception of CreateKey. */
  readonly createKey: string;
  /** Exception of cryptographic operations. */
  readonly cryptographic: string;
  readonly connection: ConnectionErrorCode;
  readonly message: string;
  /** CloudWatch's ErrorType. */
  readonly errorType: 'Retryable errors' | 'Non-retryable errors';
}

const MALFORMED =
  'AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, report it to your external key store proxy administrator.';

const NO_CONNECTION =
  'AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see this error repeatedly, verify that your external key store proxy is active and is connected to the network, and that its endpoint URI is correct in your external key store.';

/** Most rows of the table are alike in their exceptions. */
const uninterpretable = {
  keyStore: 'XksProxyInvalidResponseException',
  createKey: 'CustomKeyStoreInvalidStateException',
  cryptographic: 'KMSInvalidStateException',
  connection: 'XKS_PROXY_INVALID_RESPONSE',
  message: MALFORMED,
  errorType: 'Non-retryable errors',
} as const satisfies FailureMeaning;

const unreachable = {
  ...uninterpretable,
  keyStore: 'XksProxyUriUnreachableException',
  connection: 'XKS_PROXY_NOT_REACHABLE',
  errorType: 'Retryable errors',
} as const satisfies Omit<FailureMeaning, 'message'>;

const misconfigured = {
  ...uninterpretable,
  keyStore: 'XksProxyInvalidConfigurationException',
  connection: 'XKS_PROXY_INVALID_CONFIGURATION',
} as const satisfies Omit<FailureMeaning, 'message'>;

const unfitKey = {
  ...misconfigured,
  createKey: 'XksKeyInvalidConfigurationException',
} as const satisfies Omit<FailureMeaning, 'message'>;

/**
 * The meaning of each failure. Where the specification's table names no exception for an operation
 * that it does not expect to fail so, the next of kin stands here (docs/kms-simulator.md).
 *
 * @see XKS Proxy API, "Error codes", KMS Considerations
 * @see AWS KMS API Reference, CustomKeyStoresListEntry, ConnectionErrorCode
 */
export const FAILURE_TABLE: Readonly<Record<FailureScenario, FailureMeaning>> = {
  ValidationException: uninterpretable,
  InvalidStateException: {
    ...unfitKey,
    message:
      'The external key associated with this KMS key in an external key store is not enabled in the external key manager. Enable the external key in the external key manager and retry the request.',
  },
  InvalidCiphertextException: {
    ...uninterpretable,
    message:
      'The external key store proxy rejected the request because the specified ciphertext or encryption context is corrupted, missing, or otherwise invalid.',
  },
  InvalidKeyUsageException: {
    ...unfitKey,
    message:
      'The external key associated with this KMS key in an external key store does not support the requested operation. Enable the operation on the key in your external key manager, and try the request again.',
  },
  AuthenticationFailedException: {
    ...uninterpretable,
    keyStore: 'XksProxyIncorrectAuthenticationCredentialException',
    connection: 'INVALID_CREDENTIALS',
    message:
      'The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the XKS proxy authentication credentials for your external key store and update if necessary.',
  },
  AccessDeniedException: {
    ...misconfigured,
    createKey: 'KMSInvalidStateException',
    connection: 'XKS_PROXY_ACCESS_DENIED',
    message:
      'The external key store proxy denied access to the operation. Verify that the user and the external key are both authorized for this operation, and try the request again.',
  },
  KeyNotFoundException: {
    ...uninterpretable,
    createKey: 'XksKeyNotFoundException',
    message:
      'The external key associated with this KMS key in an external key store was not found in its external key manager. If the external key ID associated with this KMS key is incorrect, create a new KMS key with the correct external key ID.',
  },
  InvalidUriPathException: {
    ...misconfigured,
    message:
      'The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for your external key store and update if necessary.',
  },
  UnsupportedOperationException: {
    ...uninterpretable,
    createKey: 'XksKeyInvalidResponseException',
    message:
      'The external key store proxy rejected the request because it does not support the requested operation. If you see this error repeatedly, report it to your external key store proxy administrator.',
  },
  DependencyTimeoutException: {
    ...unreachable,
    connection: 'XKS_PROXY_TIMED_OUT',
    message:
      'The external key store proxy did not respond to the request in the time allotted. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
  },
  ThrottlingException: {
    ...unreachable,
    message:
      'The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of your calls using KMS keys in this external key store.',
  },
  InternalException: {
    ...uninterpretable,
    errorType: 'Retryable errors',
    message:
      'The external key store proxy rejected the request because it cannot communicate with the external key manager. Verify that the external key store proxy configuration is correct and that the external key manager is available.',
  },
  malformed: uninterpretable,
  'no-tcp': { ...unreachable, message: NO_CONNECTION },
  'no-tls': {
    ...unreachable,
    connection: 'XKS_PROXY_INVALID_TLS_CONFIGURATION',
    errorType: 'Non-retryable errors',
    message:
      'AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, including its certificate.',
  },
  timeout: {
    ...unreachable,
    connection: 'XKS_PROXY_TIMED_OUT',
    message:
      'AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
  },
  'other-plaintext': {
    ...uninterpretable,
    message:
      'The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is corrupted, missing, or otherwise invalid.',
  },
  'unfit-key': {
    ...unfitKey,
    message:
      'The request was rejected because the external key specified by the XksKeyId parameter did not meet the configuration requirements for an external key store. The external key must be an AES-256 symmetric key that is enabled and performs encryption and decryption.',
  },
  unavailable: { ...unreachable, message: NO_CONNECTION },
  'not-connected': {
    ...unreachable,
    message:
      'This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the external key store and try the request again.',
  },
};
