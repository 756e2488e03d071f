import { createHash, createHmac } from 'node:crypto';
import type { ModelRequest } from './behaviour.js';

/** The parts of a signature. */
export interface SignatureParts {
  readonly accessKeyId: string;
  readonly scope: readonly string[];
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Reads an Authorization header. @returns `undefined` for one of another form */
export function signatureParts(authorization: string): SignatureParts | undefined {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\w*)$/;
  const [, accessKeyId, scope, signedHeaders, signature] = form.exec(authorization) ?? [];
  if (accessKeyId === undefined || scope === undefined) return undefined;
  if (signedHeaders === undefined || signature === undefined) return undefined;
  return {
    accessKeyId,
    scope: scope.split('/'),
    signedHeaders: signedHeaders.split(';'),
    signature,
  };
}

/** The values that a signature is computed of, which a deviating proxy takes from elsewhere. */
export interface SignedValues {
  readonly secret: string;
  readonly service: string;
  readonly bodyHash: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Computes a signature anew. */
export function signatureOf(
  { method, path }: Pick<ModelRequest, 'method' | 'path'>,
  { scope, signedHeaders }: SignatureParts,
  { secret, service, bodyHash, headers }: SignedValues,
): string {
  const [date = '', region = ''] = scope;
  const canonical = [
    method,
    path,
    '',
    ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
  const toSign = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'] ?? '',
    scope.join('/'),
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);
  const forDate = hmac(`AWS4${secret}`, date).digest();
  const forRegion = hmac(forDate, region).digest();
  const forService = hmac(forRegion, service).digest();
  return hmac(hmac(forService, 'aws4_request').digest(), toSign).digest('hex');
}
