import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import aws4, { type Request } from 'aws4';
import type { Endpoint } from './targets/target.js';

/** The two operations that customers wait for. */
export type Operation = 'encrypt' | 'decrypt';

/** Both, in the order they are measured and printed. */
export const OPERATIONS: readonly Operation[] = ['encrypt', 'decrypt'];

/** What KMS sends with one call: the bytes to protect, bytes to bind them to, and who asked. */
export interface Sample {
  readonly plaintext: Buffer;
  readonly additionalAuthenticatedData: Buffer;
  readonly requestMetadata: Readonly<Record<string, string>>;
}

/** The body of a successful Encrypt; every field is base64. */
export interface EncryptAnswer {
  readonly authenticationTag: string;
  readonly ciphertext: string;
  readonly ciphertextDataIntegrityValue: string;
  readonly ciphertextMetadata: string;
  readonly initializationVector: string;
}

/**
 * A call as KMS makes it for a data key: 32 to 100 bytes that KMS has already encrypted once,
 * about 100 bytes of AAD, the caller's role and the service it came through.
 */
export function makeSample(kmsOperation: string): Sample {
  return {
    plaintext: randomBytes(randomInt(32, 101)),
    additionalAuthenticatedData: randomBytes(randomInt(90, 111)),
    requestMetadata: {
      awsPrincipalArn: `arn:aws:sts::123456789012:assumed-role/payroll-api/i-${randomBytes(8).toString('hex')}`,
      kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      kmsOperation,
      kmsRequestId: randomUUID(),
      kmsViaService: 's3',
    },
  };
}

/** The JSON body of Encrypt, asking for the ciphertext data integrity value. */
export function encryptBody(sample: Sample): string {
  return JSON.stringify({
    requestMetadata: sample.requestMetadata,
    additionalAuthenticatedData: sample.additionalAuthenticatedData.toString('base64'),
    plaintext: sample.plaintext.toString('base64'),
    encryptionAlgorithm: 'AES_GCM',
    ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
  });
}

/** The JSON body of Decrypt for what Encrypt made of the same sample. */
export function decryptBody(sample: Sample, sealed: EncryptAnswer): string {
  return JSON.stringify({
    requestMetadata: { ...sample.requestMetadata, kmsOperation: 'Decrypt' },
    additionalAuthenticatedData: sample.additionalAuthenticatedData.toString('base64'),
    encryptionAlgorithm: 'AES_GCM',
    ciphertext: sealed.ciphertext,
    ciphertextMetadata: sealed.ciphertextMetadata,
    initializationVector: sealed.initializationVector,
    authenticationTag: sealed.authenticationTag,
  });
}

/**
 * A whole HTTP/1.1 request, signed now; the server takes it for five minutes. Like KMS it signs
 * `host;x-amz-date` and the body.
 */
export function signRequest(endpoint: Endpoint, operation: Operation, body: string): Buffer {
  const path = `${endpoint.uriPath}/keys/${endpoint.externalKeyId}/${operation}`;
  const request: Request & { extraHeadersToIgnore: Record<string, boolean> } = {
    service: 'kms-xks-proxy',
    region: endpoint.region,
    method: 'POST',
    path,
    body,
    headers: {
      Host: `${endpoint.host}:${String(endpoint.port)}`,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    },
    extraHeadersToIgnore: { 'content-type': true, 'content-length': true },
  };
  const signed = aws4.sign(request, endpoint);
  const headers = Object.entries(signed.headers ?? {})
    .map(([name, value]) => `${name}: ${String(value)}\r\n`)
    .join('');
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${headers}\r\n${body}`);
}

/** Writes requests for the load generators: each behind a line with its length in bytes. */
export async function writeRequests(file: string, requests: readonly Buffer[]): Promise<void> {
  const parts = requests.flatMap((request) => [
    Buffer.from(`${String(request.length)}\n`),
    request,
  ]);
  await writeFile(file, Buffer.concat(parts), { mode: 0o600 });
}

/** Reads what {@link writeRequests} wrote. */
export function parseRequests(bytes: Buffer): Buffer[] {
  const requests: Buffer[] = [];
  let position = 0;
  while (position < bytes.length) {
    const lineEnd = bytes.indexOf('\n', position);
    const start = lineEnd + 1;
    position = start + Number(bytes.toString('latin1', position, lineEnd));
    requests.push(bytes.subarray(start, position));
  }
  return requests;
}
