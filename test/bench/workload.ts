import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Connection } from './connection.js';
import {
  decryptBody,
  encryptBody,
  makeSample,
  signRequest,
  type EncryptAnswer,
  type Operation,
  type Sample,
} from './requests.js';
import type { Endpoint } from './targets/target.js';

/** Distinct requests of each operation; the generators send them in turn. */
const SAMPLE_COUNT = 256;

const base64 = z.base64();
const encryptAnswer = z.looseObject({
  authenticationTag: base64,
  ciphertext: base64,
  ciphertextDataIntegrityValue: base64,
  ciphertextMetadata: base64,
  initializationVector: base64,
});
const decryptAnswer = z.looseObject({ plaintext: base64 });

/** The bodies to send to one server; they stay valid, the signatures do not. */
export type Workload = Readonly<Record<Operation, readonly string[]>>;

/**
 * Makes the workload by using the server: encrypts every sample, checks the integrity value,
 * decrypts the result and compares. So nothing is measured that does not answer correctly, and
 * the server is warm afterwards.
 *
 * @throws Error on the first answer that is not right
 */
export async function prepareWorkload(endpoint: Endpoint): Promise<Workload> {
  const connection = await Connection.open(endpoint);
  const workload: Record<Operation, string[]> = { encrypt: [], decrypt: [] };
  const call = async (operation: Operation, body: string): Promise<unknown> => {
    const { status, body: bytes } = await connection.send(signRequest(endpoint, operation, body));
    if (status !== 200) throw new Error(`${operation} answers ${String(status)}: ${String(bytes)}`);
    workload[operation].push(body);
    return JSON.parse(bytes.toString());
  };
  for (let i = 0; i < SAMPLE_COUNT; i++) {
    const sample = makeSample('GenerateDataKey');
    const sealed = encryptAnswer.parse(await call('encrypt', encryptBody(sample)));
    requireIntegrity(sample, sealed);
    const opened = decryptAnswer.parse(await call('decrypt', decryptBody(sample, sealed)));
    if (opened.plaintext !== sample.plaintext.toString('base64')) {
      throw new Error('Decrypt gives another plaintext than Encrypt was given');
    }
  }
  connection.close();
  return workload;
}

/** Signs every body of one operation anew; about 20 ms. */
export function signWorkload(
  endpoint: Endpoint,
  operation: Operation,
  workload: Workload,
): Buffer[] {
  return workload[operation].map((body) => signRequest(endpoint, operation, body));
}

/** @see XKS Proxy API, Appendix C */
function requireIntegrity(sample: Sample, sealed: EncryptAnswer): void {
  const digest = createHash('sha256')
    .update(sample.additionalAuthenticatedData)
    .update(sealed.ciphertextMetadata, 'base64')
    .update(sealed.initializationVector, 'base64')
    .update(sealed.ciphertext, 'base64')
    .update(sealed.authenticationTag, 'base64')
    .digest('base64');
  if (digest !== sealed.ciphertextDataIntegrityValue) {
    throw new Error('Encrypt answers an integrity value that does not match its output');
  }
}
