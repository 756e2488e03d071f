import { createHmac } from 'node:crypto';
import { equalInConstantTime } from '../shared/bytes.js';
import type { Clock } from '../shared/clock.js';
import type { Secret } from '../shared/secret.js';
import { parseAmzDate } from './amz-date.js';
import { type Authorization, parseAuthorization } from './authorization-header.js';
import type { CredentialSource } from './credential-source.js';
import { hashCanonicalRequest, type SignedRequest } from './canonical-request.js';
import { SignatureError } from './failure.js';
import { ReceivedHeaders } from './headers.js';
import { SigningKeys } from './signing-keys.js';

/** Requests older or younger than this fail, by our clock (5 minutes). */
const MAX_SKEW_MS = 300_000;
const SERVICE = 'kms-xks-proxy';

/** The credentials and limits of a verifier. */
export interface VerifierPorts {
  /** Asked anew for each request. */
  readonly credentials: CredentialSource;
  /** The only region that a credential scope may name; undefined for any. */
  readonly region: string | undefined;
  readonly clock: Clock;
  /** Signs for access key ids without a valid secret, so that they take as long as a wrong one. */
  readonly decoySecret: Secret;
}

/**
 * Verifies AWS Signature Version 4 for one key store.
 *
 * @see XKS Proxy API, Appendix A
 */
export class SignatureVerifier {
  readonly #ports: VerifierPorts;
  readonly #signingKeys = new SigningKeys();

  constructor(ports: VerifierPorts) {
    this.#ports = ports;
  }

  /**
   * @returns the access key id whose secret made the signature
   * @throws SignatureError
   */
  verify(request: SignedRequest): string {
    const headers = new ReceivedHeaders(request.rawHeaders);
    const authorization = readAuthorization(headers);
    try {
      const amzDate = this.#checkDate(headers, authorization);
      this.#checkScope(authorization, amzDate);
      const { signedHeaders } = authorization;
      const requestHash = hashCanonicalRequest(request, headers, signedHeaders);
      this.#checkSignature(authorization, amzDate, requestHash);
      return authorization.accessKeyId;
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error;
      const { accessKeyId } = authorization;
      throw new SignatureError(error.failure, { accessKeyId, detail: error.detail });
    }
  }

  #checkDate(headers: ReceivedHeaders, { signedHeaders }: Authorization): string {
    if (!signedHeaders.includes('host') || !signedHeaders.includes('x-amz-date')) {
      throw new SignatureError('unsigned-host-or-date');
    }
    const amzDate = headers.single('x-amz-date');
    const time = amzDate === undefined ? undefined : parseAmzDate(amzDate);
    if (amzDate === undefined || time === undefined) throw new SignatureError('malformed-date');
    if (Math.abs(this.#ports.clock.now() - time) > MAX_SKEW_MS) {
      throw new SignatureError('clock-skew');
    }
    return amzDate;
  }

  #checkScope({ date, region, service }: Authorization, amzDate: string): void {
    if (!amzDate.startsWith(date)) throw new SignatureError('scope-date');
    if (service !== SERVICE) throw new SignatureError('scope-service');
    if (this.#ports.region !== undefined && region !== this.#ports.region) {
      throw new SignatureError('scope-region', { detail: `signed for ${region}` });
    }
  }

  #checkSignature(authorization: Authorization, amzDate: string, requestHash: string): void {
    const { accessKeyId, date, region, service, signature } = authorization;
    const { credentials, decoySecret } = this.#ports;
    const secret = credentials.secretOf(accessKeyId);
    const signingKey = this.#signingKeys.of(secret ?? decoySecret, authorization);
    const scope = `${date}/${region}/${service}/aws4_request`;
    const stringToSign = `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${requestHash}`;
    const expected = createHmac('sha256', signingKey).update(stringToSign).digest();
    const matches = equalInConstantTime(expected, signature);
    if (secret === undefined) throw new SignatureError(credentials.refusalOf(accessKeyId));
    if (!matches) throw new SignatureError('signature-mismatch');
    credentials.signed(accessKeyId);
    this.#remember(secret, authorization, signingKey);
  }

  /** Keeps the decoy's key with it, so that an unknown id goes on costing what a known one does. */
  #remember(secret: Secret, scope: Authorization, signingKey: Buffer): void {
    if (!this.#signingKeys.keep(secret, scope, signingKey)) return;
    const { decoySecret } = this.#ports;
    this.#signingKeys.keep(decoySecret, scope, this.#signingKeys.of(decoySecret, scope));
  }
}

function readAuthorization(headers: ReceivedHeaders): Authorization {
  const header = headers.single('authorization');
  if (header === undefined) throw new SignatureError('missing-authorization');
  const authorization = parseAuthorization(header);
  if (authorization === undefined) throw new SignatureError('malformed-authorization');
  return authorization;
}
