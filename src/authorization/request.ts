/** The operations that policies decide over. GetHealthStatus is about no key and is exempt. */
export const ACTIONS = ['Encrypt', 'Decrypt', 'GetKeyMetadata'] as const;

/** One of {@link ACTIONS}. */
export type ActionName = (typeof ACTIONS)[number];

/** Everything that is known of a request when it is to be decided whether it may use the key. */
export interface AuthorizationRequest {
  readonly action: ActionName;
  /** The caller of KMS, by the word of KMS: an ARN, a service's principal, or `AWS Internal`. */
  readonly awsPrincipalArn: string;
  /** The id from the path, which may be an alias. */
  readonly askedId: string;
  /** The key that was found. */
  readonly externalKeyId: string;
  readonly keyManager: string;
  /** Tags of the key that was found. */
  readonly tags: ReadonlyMap<string, string>;
  readonly kmsOperation: string;
  /** Absent for GetKeyMetadata. */
  readonly kmsKeyArn: string | undefined;
  /** Absent for GetKeyMetadata. */
  readonly kmsViaService: string | undefined;
  readonly sourceVpc: string | undefined;
  readonly sourceVpce: string | undefined;
  readonly clientCertificateName: string | undefined;
  readonly clientAddress: string;
  /** Wall-clock time, in ms since 1970. */
  readonly now: number;
}

/** The tags of a key that has none. */
export const NO_TAGS: ReadonlyMap<string, string> = new Map();

/** A request that has every fact that a request may have. */
export function sampleRequest(keyStore: string): AuthorizationRequest {
  return {
    action: 'Encrypt',
    awsPrincipalArn: 'arn:aws:sts::111122223333:assumed-role/sample/session',
    askedId: 'sample-alias',
    externalKeyId: 'sample',
    keyManager: keyStore,
    tags: new Map([['sample', 'sample']]),
    kmsOperation: 'Encrypt',
    kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    kmsViaService: 's3.eu-west-1.amazonaws.com',
    sourceVpc: 'vpc-sample',
    sourceVpce: 'vpce-sample',
    clientCertificateName: 'sample',
    clientAddress: '192.0.2.1',
    now: 0,
  };
}
