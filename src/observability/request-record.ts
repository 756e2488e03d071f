/** A node that was asked to do something. */
export interface TriedNode {
  readonly node: string;
  readonly location: string;
  /** Code of the key manager's error; absent where the node did what it was asked. */
  readonly failure?: string;
}

/**
 * What is told of one request, in the log, in the metrics and in the audit log. Everything that may
 * be told is a field of this type, so what is not here cannot leak: no plaintext, key, secret or
 * signature. Of AAD and ciphertext, which the log leaves out, the audit log has the hashes. Texts
 * that come from the client are made printable before they are written.
 *
 * @see XKS Proxy API, section Logging
 */
export interface RequestRecord {
  /**
   * Path as the client wrote it; only where it is none of ours, because otherwise it is told in
   * parts.
   */
  target: string | undefined;
  operation: string | undefined;
  keyStore: string | undefined;
  externalKeyId: string | undefined;
  keyVersion: number | undefined;
  keyManager: string | undefined;
  /** Which node of the key manager did the work, and where it is. */
  node: string | undefined;
  location: string | undefined;
  /** Every node that was asked, in order; one that answers again and again is in it once. */
  readonly nodesTried: TriedNode[];
  /** Whether the key store lets its callers use the key. */
  authorization: 'allowed' | 'denied' | undefined;
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
  clientCertificateSubject: string | undefined;
  /** Bytes of the request's field; never logged, only hashed. */
  aad: Buffer | undefined;
  /** Bytes of the request's or the answer's field; never logged, only hashed. */
  ciphertext: Buffer | undefined;
  status: number;
  /** From the specification's table; absent on success. */
  errorName: string | undefined;
  /** Why, for operators: more than the client is told. May name an id that the client sent. */
  cause: string | undefined;
  /** Set for AuthenticationFailedException alone: skew, scope, unknown-access-key-id … */
  authenticationFailure: string | undefined;
  durationUs: number;
}

/** Tells whether nobody has shown a credential: then nothing that the request says is believed. */
export function isUnauthenticated({ accessKeyId, authenticationFailure }: RequestRecord): boolean {
  return accessKeyId === undefined || authenticationFailure !== undefined;
}

/** A record of which nothing is known yet but where it came from. */
export function newRequestRecord({
  clientAddress,
  clientCertificateName,
  clientCertificateSubject,
}: Pick<
  RequestRecord,
  'clientAddress' | 'clientCertificateName' | 'clientCertificateSubject'
>): RequestRecord {
  return {
    target: undefined,
    operation: undefined,
    keyStore: undefined,
    externalKeyId: undefined,
    keyVersion: undefined,
    keyManager: undefined,
    node: undefined,
    location: undefined,
    nodesTried: [],
    authorization: undefined,
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
    clientCertificateSubject,
    aad: undefined,
    ciphertext: undefined,
    status: 0,
    errorName: undefined,
    cause: undefined,
    authenticationFailure: undefined,
    durationUs: 0,
  };
}
