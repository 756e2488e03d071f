/**
 * What is told of one request, in the log and in the metrics. Everything that may be logged is
 * a field of this type, so what is not here cannot leak: no plaintext, ciphertext, AAD, key,
 * secret or signature. Texts that come from the client are made printable before they are written.
 *
 * @see XKS Proxy API, section Logging
 */
export interface RequestRecord {
  /** Path as the client wrote it; only where it is none of ours, because otherwise it is told in parts. */
  target: string | undefined;
  operation: string | undefined;
  keyStore: string | undefined;
  externalKeyId: string | undefined;
  keyVersion: number | undefined;
  /** Which node of the key manager did the work. */
  node: string | undefined;
  accessKeyId: string | undefined;
  kmsRequestId: string | undefined;
  kmsOperation: string | undefined;
  kmsKeyArn: string | undefined;
  awsPrincipalArn: string | undefined;
  kmsViaService: string | undefined;
  awsSourceVpc: string | undefined;
  awsSourceVpce: string | undefined;
  clientAddress: string;
  clientCertificateName: string | undefined;
  status: number;
  /** From the specification's table; absent on success. */
  errorName: string | undefined;
  /** Why, for operators: more than the client is told. May name an id that the client sent. */
  cause: string | undefined;
  /** Set for AuthenticationFailedException alone: skew, scope, unknown-access-key-id … */
  authenticationFailure: string | undefined;
  durationUs: number;
}

/** A record of which nothing is known yet but where it came from. */
export function newRequestRecord(
  clientAddress: string,
  clientCertificateName: string | undefined,
): RequestRecord {
  return {
    target: undefined,
    operation: undefined,
    keyStore: undefined,
    externalKeyId: undefined,
    keyVersion: undefined,
    node: undefined,
    accessKeyId: undefined,
    kmsRequestId: undefined,
    kmsOperation: undefined,
    kmsKeyArn: undefined,
    awsPrincipalArn: undefined,
    kmsViaService: undefined,
    awsSourceVpc: undefined,
    awsSourceVpce: undefined,
    clientAddress,
    clientCertificateName,
    status: 0,
    errorName: undefined,
    cause: undefined,
    authenticationFailure: undefined,
    durationUs: 0,
  };
}
