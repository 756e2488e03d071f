import type { RequestFields } from '../audit/record/index.js';
import type { Execution } from './execution.js';

/** Where the connection came from, and as whom it was let in. */
export type CallerFacts = Pick<
  RequestFields,
  'clientAddress' | 'clientCertificateName' | 'clientCertificateSubject'
>;

/** Where the request goes; `target` alone where that is none of our paths. */
export type RouteFacts = Pick<RequestFields, 'keyStore' | 'operation' | 'externalKeyId' | 'target'>;

/** Who signed; with `authenticationFailure`, who claims to have. */
export type CredentialFacts = Pick<RequestFields, 'accessKeyId' | 'authenticationFailure'>;

/** What KMS says of its own caller. */
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

/** What the body says. */
export interface RequestBodyFacts {
  readonly metadata: MetadataFacts;
  /** Bytes as they were sent; told as their hashes alone. */
  readonly aad: Buffer | undefined;
  readonly ciphertext: Buffer | undefined;
}

/** Whether the caller may use the key, and what decided. */
export type AuthorizationFacts = NonNullable<RequestFields['authorization']>;

/** How the request ended. */
export interface OutcomeFacts {
  /** HTTP status of the answer. */
  readonly status: number;
  /** From the specification's table; absent on success. */
  readonly errorName: string | undefined;
  /** Why, for operators: more than the client is told. May name an id that the client sent. */
  readonly cause: string | undefined;
  /** From the head of the request to the decision, in microseconds. */
  readonly durationUs: number;
}

/**
 * What has been found out about one request: one object for each stage that it has come through.
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
export type Finding<Facts, Found> =
  | ({ readonly facts: Facts; readonly refusal: undefined } & Found)
  | { readonly facts: Facts; readonly refusal: Error };

/** @throws the refusal, where the finding is one */
export function accepted<Facts, Found>(
  finding: Finding<Facts, Found>,
): { readonly facts: Facts; readonly refusal: undefined } & Found {
  if (finding.refusal !== undefined) throw finding.refusal;
  return finding;
}
