import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import aws4 from 'aws4';
import type { Clock } from '../../shared/clock.js';
import type { Caller } from '../configuration.js';
import { KmsException } from '../exceptions.js';

const MAX_SKEW_MS = 5 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(?<id>[^/\s,]+)\/(?<date>\d{8})\/(?<region>[^/\s,]+)\/(?<service>[^/\s,]+)\/aws4_request,\s*SignedHeaders=(?<headers>[a-z0-9;-]+),\s*Signature=(?<signature>[0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Knows callers by the signatures of their requests. */
export class CallerCheck {
  readonly #callers: ReadonlyMap<string, Caller>;
  readonly #region: string;
  readonly #clock: Clock;

  constructor(callers: readonly Caller[], region: string, clock: Clock) {
    this.#callers = new Map(callers.map((caller) => [caller.accessKeyId, caller]));
    this.#region = region;
    this.#clock = clock;
  }

  /** @throws KmsException for a request that is not signed by a caller */
  check(request: IncomingMessage, body: Buffer): Caller {
    const { authorization } = request.headers;
    if (authorization === undefined) {
      throw new KmsException(
        'MissingAuthenticationTokenException',
        'Request is missing Authentication Token',
      );
    }
    const parts = AUTHORIZATION.exec(authorization)?.groups;
    if (parts === undefined) {
      throw new KmsException(
        'IncompleteSignatureException',
        'The Authorization header is not of the form of Signature Version 4.',
      );
    }
    const { id = '', region = '', service = '', headers = '', signature = '' } = parts;
    const caller = this.#callers.get(id);
    if (caller === undefined) {
      throw new KmsException(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    }
    this.#requireScope(region, service);
    requireSigned(request, headers.split(';'));
    this.#requireRecent(request.headers['x-amz-date']);
    const expected = signatureOf(request, body, { headers: headers.split(';'), region, caller });
    if (timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return caller;
    throw invalidSignature(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }

  #requireScope(region: string, service: string): void {
    if (region !== this.#region) {
      throw invalidSignature(`Credential should be scoped to a valid region, not '${region}'. `);
    }
    if (service !== 'kms') {
      throw invalidSignature(`Credential should be scoped to correct service: 'kms'. `);
    }
  }

  #requireRecent(date: string | string[] | undefined): void {
    const at = Date.parse(String(date).replace(DATE, '$1-$2-$3T$4:$5:$6Z'));
    if (Math.abs(this.#clock.now() - at) <= MAX_SKEW_MS) return;
    throw invalidSignature(
      `Signature expired: ${String(date)} is not within 5 minutes of ${new Date(this.#clock.now()).toISOString()}`,
    );
  }
}

/** @throws KmsException where a header that says what is asked for could be exchanged */
function requireSigned({ headers }: IncomingMessage, signed: readonly string[]): void {
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const missing = needed.find((name) => !signed.includes(name));
  if (missing === undefined) return;
  throw new KmsException(
    'IncompleteSignatureException',
    `'${missing}' must be a 'SignedHeader' in the AWS Authorization.`,
  );
}

/** The signature that the caller's secret gives for what was signed. */
function signatureOf(
  { method, url, headers: given }: IncomingMessage,
  body: Buffer,
  signed: { readonly headers: readonly string[]; readonly region: string; readonly caller: Caller },
): string {
  const request: aws4.Request = {
    service: 'kms',
    region: signed.region,
    headers: Object.fromEntries(signed.headers.map((name) => [name, String(given[name])])),
    body,
    doNotModifyHeaders: true,
    method: method ?? '',
    path: url ?? '',
  };
  const { accessKeyId, secretAccessKey } = signed.caller;
  const signer = new aws4.RequestSigner(request, { accessKeyId, secretAccessKey });
  signer.datetime = String(given['x-amz-date']);
  return signer.signature();
}

function invalidSignature(message: string): KmsException {
  return new KmsException('InvalidSignatureException', message);
}
