import { hash } from 'node:crypto';
import { cutText } from '../audit/record/fit-fields.js';
import type { RequestFields } from '../audit/record/index.js';
import { MAX_FIELDS_BYTES } from '../audit/record/limits.js';
import { recordJson } from '../audit/record/record-json.js';
import { FIRST_FAILURE, type RequestEntry } from '../observability/request-entry.js';
import { accountIn, regionIn } from '../shared/arn.js';
import type { OutcomeFacts, RequestFacts } from './facts.js';

/** Of any text of a client. The longest that KMS sends, an ARN, has 2,048. */
const MAX_CHARACTERS = 2_200;
/** Of a text that somebody without a credential has sent. */
const MAX_STRANGERS_CHARACTERS = 300;

/**
 * A request as it is told when its answer is decided. Its fields are put together and written once,
 * for the audit log and the log alike, and not at all where neither wants them.
 */
export class ToldRequest implements RequestEntry {
  readonly #facts: RequestFacts;
  readonly #outcome: OutcomeFacts;
  readonly #hasHashes: boolean;
  #json: string | undefined = undefined;

  /** @param hasHashes whether AAD and ciphertext are told by their hashes, as the audit log does */
  constructor(facts: RequestFacts, outcome: OutcomeFacts, hasHashes: boolean) {
    this.#facts = facts;
    this.#outcome = outcome;
    this.#hasHashes = hasHashes;
  }

  get isAuthenticated(): boolean {
    const { credential } = this.#facts;
    return credential !== undefined && credential.authenticationFailure === undefined;
  }

  get clientAddress(): string {
    return this.#facts.caller.clientAddress ?? 'unknown';
  }

  get accessKeyId(): string | undefined {
    return this.#facts.credential?.accessKeyId;
  }

  get operation(): string | undefined {
    return this.#facts.route?.operation;
  }

  get keyStore(): string | undefined {
    return this.#facts.route?.keyStore;
  }

  get kmsRequestId(): string | undefined {
    return bounded(this.#facts.body?.metadata.kmsRequestId);
  }

  get status(): number {
    return this.#outcome.status;
  }

  get errorName(): string | undefined {
    return this.#outcome.errorName;
  }

  get authenticationFailure(): string | undefined {
    return this.#facts.credential?.authenticationFailure;
  }

  get throttledBy(): string | undefined {
    return this.#outcome.throttledBy;
  }

  get durationUs(): number {
    return this.#outcome.durationUs;
  }

  json(): string {
    this.#json ??= recordJson(this.fields(), MAX_FIELDS_BYTES);
    return this.#json;
  }

  /** The fields of the request's record; every one of them, so that none can be forgotten. */
  fields(): RequestFields {
    const { caller, route, credential, body, authorization, execution } = this.#facts;
    const metadata = body?.metadata;
    const { status, errorName, cause, durationUs } = this.#outcome;
    const kmsKeyArn = bounded(metadata?.kmsKeyArn);
    const awsPrincipalArn = bounded(metadata?.awsPrincipalArn);
    const longest = this.isAuthenticated ? MAX_CHARACTERS : MAX_STRANGERS_CHARACTERS;
    return {
      kmsRequestId: this.kmsRequestId,
      operation: route?.operation,
      kmsOperation: bounded(metadata?.kmsOperation),
      keyStore: route?.keyStore,
      externalKeyId: bounded(route?.externalKeyId),
      targetKeyId: execution?.targetKeyId,
      keyVersion: execution?.keyVersion,
      kmsKeyArn,
      awsAccount: accountIn(kmsKeyArn) ?? accountIn(awsPrincipalArn),
      awsRegion: regionIn(kmsKeyArn),
      awsPrincipalArn,
      kmsViaService: bounded(metadata?.kmsViaService),
      awsSourceVpc: bounded(metadata?.awsSourceVpc),
      awsSourceVpce: bounded(metadata?.awsSourceVpce),
      accessKeyId: bounded(credential?.accessKeyId, MAX_STRANGERS_CHARACTERS),
      clientAddress: caller.clientAddress,
      clientCertificateName: bounded(caller.clientCertificateName),
      clientCertificateSubject: bounded(caller.clientCertificateSubject),
      authorization,
      keyManager: execution?.keyManager,
      node: execution?.node,
      location: execution?.location,
      nodesTried: execution?.nodesTried.length === 0 ? undefined : execution?.nodesTried,
      result: status < FIRST_FAILURE ? 'success' : 'failure',
      status,
      errorName,
      cause: bounded(cause, longest),
      authenticationFailure: credential?.authenticationFailure,
      target: bounded(route?.target),
      durationUs,
      aadSha256: this.#digest(body?.aad),
      ciphertextSha256: this.#digest(execution?.ciphertext ?? body?.ciphertext),
    };
  }

  #digest(bytes: Buffer | undefined): string | undefined {
    return this.#hasHashes && bytes !== undefined ? hash('sha256', bytes, 'base64') : undefined;
  }
}

/** Cuts a longer text, so that a record is not many times as long as its request. */
function bounded(text: string | undefined, characters = MAX_CHARACTERS): string | undefined {
  return text && cutText(text, characters);
}
