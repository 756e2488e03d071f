import type { RequestFields } from '../audit/record/index.js';
import type { Execution } from './execution.js';
import type { ThrottleReason } from './throttled.js';

/** The address of the client, and the certificate that let it in. */
export type CallerFacts = Pick<
  RequestFields,
  'clientAddress' | 'clientCertificateName' | 'clientCertificateSubject'
>;

/** The destination of the request; `target` alone where it is no path of a key store. */
export type RouteFacts = Pick<RequestFields, 'keyStore' | 'operation' | 'externalKeyId' | 'target'>;

/** The credential that signed; with `authenticationFailure`, the one that was claimed. */
export type CredentialFacts = Pick<RequestFields, 'accessKeyId' | 'authenticationFailure'>;

/** KMS's own words about its call and its caller. */
export type MetadataFacts = Pick<
  RequestFields,
  | 'kmsRequestId'
  | 'kmsOperation'
  | 'kmsKeyArn'
  | 'awsPrincipalArn'
  | 'kmsViaService'
  | 'awsSourceVpc'
  | 'awsSourceVpce'
>;

/** The contents of the body. */
export interface RequestBodyFacts {
  readonly metadata: MetadataFacts;
  /** Bytes as they were sent; told as their hashes alone. */
  readonly aad: Buffer | undefined;
  readonly ciphertext: Buffer | undefined;
}

/** The decision over the use of the key, and the rule that decided. */
export type AuthorizationFacts = NonNullable<RequestFields['authorization']>;

/** The end of the request. */
export interface OutcomeFacts {
  /** HTTP status of the answer. */
  readonly status: number;
  /** From the specification's table; absent on success. */
  readonly errorName: string | undefined;
  /** The reason, in more words than the client is told. May name an id that the client sent. */
  readonly cause: string | undefined;
  /** The reason for which it was throttled. */
  readonly throttledBy: ThrottleReason | undefined;
  /** From the head of the request to the decision, in microseconds. */
  readonly durationUs: number;
}

/**
 * The findings about one request: one object for each stage that it has come through.
 * The stages return them; `handle.ts` alone puts them here, so that a request that is refused is
 * told with all that was known by then. No plaintext, secret or signature is among them.
 */
export interface RequestFacts {
  readonly caller: CallerFacts;
  route: RouteFacts | undefined;
  credential: CredentialFacts | undefined;
  body: RequestBodyFacts | undefined;
  authorization: AuthorizationFacts | undefined;
  execution: Execution | undefined;
}

/** The facts of a request of which nothing is known but where it came from. */
export function newFacts(caller: CallerFacts): RequestFacts {
  return {
    caller,
    route: undefined,
    credential: undefined,
    body: undefined,
    authorization: undefined,
    execution: undefined,
  };
}

/**
 * The finding of a stage: its facts, and either what the next stages work with or the reason to go
 * no further.
 */
export type StageFinding<Facts, Found> =
  | ({ readonly facts: Facts; readonly refusal: undefined } & Found)
  | { readonly facts: Facts; readonly refusal: Error };

/** @throws the refusal, where the finding is one */
export function accepted<Facts, Found>(
  finding: StageFinding<Facts, Found>,
): { readonly facts: Facts; readonly refusal: undefined } & Found {
  if (finding.refusal !== undefined) throw finding.refusal;
  return finding;
}
