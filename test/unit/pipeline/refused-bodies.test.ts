import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RequestAudit } from '../../../src/pipeline/context.js';
import {
  type Body,
  decryptBody,
  encryptBody,
  healthBody,
  metadataBody,
  requestMetadata,
  without,
} from '../../support/xks-requests.js';
import { type CallOptions, errorNameOf, incoming, makePipeline, PREFIX } from './harness.js';

const METADATA = requestMetadata({
  kmsRequestId: 'request-1',
  awsSourceVpc: 'vpc-1',
  awsSourceVpce: 'vpce-1',
});
const SEALED = {
  ciphertext: 'AQID',
  ciphertextMetadata: '',
  initializationVector: 'AAAAAAAAAAAAAAAA',
  authenticationTag: 'AAAAAAAAAAAAAAAAAAAAAA==',
};
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');
const encrypt = (overrides: Body) => encryptBody({ requestMetadata: METADATA, ...overrides });
const decrypt = (overrides: Body) =>
  decryptBody(SEALED, { requestMetadata: METADATA, ...overrides });

/** An audit trail that records whatever it is given. */
const RECORDING: RequestAudit = {
  isRefusing: false,
  assertRecording: () => undefined,
  recordAbandoned: () => undefined,
  recordRequest: () => Promise.resolve(0),
};

/** Makes a call that is refused, and collects what the audit log and the log are told of it. */
async function refused(path: string, body: Body | string | Buffer, options?: CallOptions) {
  const { handle, records } = makePipeline({ audit: RECORDING });
  const answer = await handle(incoming(`${PREFIX}${path}`, body, options).call);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  const [record] = records;
  if (record === undefined) throw new Error('the request has left no record');
  return {
    errorName: answer.body === '' ? 405 : errorNameOf(answer),
    fields: record,
  };
}

describe('an authenticated request that is refused is recorded with all its metadata', () => {
  const DECRYPT = '/keys/key/decrypt';
  const ENCRYPT = '/keys/key/encrypt';
  const cases: [string, string, Body, string][] = [
    ['ciphertext is no base64', DECRYPT, decrypt({ ciphertext: '!' }), 'ValidationException'],
    ['ciphertext is a number', DECRYPT, decrypt({ ciphertext: 1 }), 'ValidationException'],
    ['no ciphertext', DECRYPT, without(decrypt({}), 'ciphertext'), 'ValidationException'],
    ['the tag is no base64', DECRYPT, decrypt({ authenticationTag: '?' }), 'ValidationException'],
    ['a short IV', DECRYPT, decrypt({ initializationVector: '' }), 'InvalidCiphertextException'],
    [
      'ciphertext metadata that is too long',
      DECRYPT,
      decrypt({ ciphertextMetadata: Buffer.alloc(21).toString('base64') }),
      'ValidationException',
    ],
    ['foreign ciphertext metadata', DECRYPT, decrypt({}), 'InvalidCiphertextException'],
    ['no plaintext', ENCRYPT, without(encrypt({}), 'plaintext'), 'ValidationException'],
    ['null as plaintext', ENCRYPT, encrypt({ plaintext: null }), 'ValidationException'],
    [
      'an unknown algorithm',
      ENCRYPT,
      encrypt({ encryptionAlgorithm: 'AES_CBC' }),
      'ValidationException',
    ],
    [
      'an unknown algorithm of the integrity value',
      ENCRYPT,
      encrypt({ ciphertextDataIntegrityValueAlgorithm: 'MD5' }),
      'ValidationException',
    ],
    ['a key that is not there', '/keys/missing/encrypt', encrypt({}), 'KeyNotFoundException'],
    ['a key that is not exposed', '/keys/hidden/encrypt', encrypt({}), 'KeyNotFoundException'],
    ['a disabled key', '/keys/disabled/encrypt', encrypt({}), 'InvalidStateException'],
    ['another usage', '/keys/decrypt-only/encrypt', encrypt({}), 'InvalidKeyUsageException'],
  ];
  it.each(cases)('%s', async (_title, path, body, errorName) => {
    const told = await refused(path, body);
    expect(told.errorName).toBe(errorName);
    expect(told.fields).toMatchObject({ ...METADATA, awsAccount: '123456789012' });
  });

  it('a body that came too late', async () => {
    const { handle, records } = makePipeline({ deadlineMs: 0 });
    await handle(incoming(`${PREFIX}${ENCRYPT}`, encrypt({})).call);
    expect(records).toMatchObject([METADATA]);
  });
});

describe('each field of requestMetadata that can be read is recorded, whatever the others are', () => {
  const NO_TEXT = [undefined, null, 7, true, {}, ['request-1']];
  const names = Object.keys(METADATA);
  it.each(names)('%s that is no text, or missing → the other fields', async (name) => {
    for (const value of NO_TEXT) {
      const body = encrypt({ requestMetadata: { ...METADATA, [name]: value }, plaintext: '!' });
      const { fields } = await refused('/keys/key/encrypt', body);
      expect(fields).toMatchObject(without(METADATA, name));
      expect(fields).toMatchObject({ [name]: undefined });
    }
  });

  it.each([
    [
      'GetKeyMetadata',
      '/keys/key/metadata',
      metadataBody({ requestMetadata: { kmsRequestId: 'r' } }),
    ],
    ['GetHealthStatus', '/health', healthBody({ requestMetadata: { kmsRequestId: 'r' } })],
  ])('%s without the others → the request id', async (_, path, body) => {
    const { errorName, fields } = await refused(path, body);
    expect(errorName).toBe('ValidationException');
    expect(fields).toMatchObject({ kmsRequestId: 'r' });
  });

  it('a field that is far too long → its beginning', async () => {
    const awsPrincipalArn = `arn:aws:iam::123456789012:user/${'a'.repeat(10_000)}`;
    const body = encrypt({ requestMetadata: { ...METADATA, awsPrincipalArn }, plaintext: '!' });
    const { fields } = await refused('/keys/key/encrypt', body);
    expect(fields).toMatchObject({ kmsRequestId: 'request-1' });
    expect(awsPrincipalArn.startsWith(fields.awsPrincipalArn?.slice(0, -3) ?? 'nothing')).toBe(
      true,
    );
  });

  it('a body that is not UTF-8 elsewhere → all of them', async () => {
    const body = Buffer.from(JSON.stringify(encrypt({ plaintext: 'PLACE' })), 'latin1');
    body.fill(0xff, body.indexOf('PLACE'), body.indexOf('PLACE') + 5);
    const { errorName, fields } = await refused('/keys/key/encrypt', body);
    expect(errorName).toBe('ValidationException');
    expect(fields).toMatchObject(METADATA);
  });

  it.each([
    ['no JSON', '{"requestMetadata":'],
    ['null', 'null'],
    ['a list', '[{"requestMetadata":{"kmsRequestId":"r"}}]'],
    ['a text', '"requestMetadata"'],
    ['requestMetadata that is a text', '{"requestMetadata":"kmsRequestId"}'],
    ['requestMetadata that is a list', '{"requestMetadata":["kmsRequestId"]}'],
    ['requestMetadata by inheritance', '{"__proto__":{"requestMetadata":{"kmsRequestId":"r"}}}'],
  ])('%s → none of them, and who signed it', async (_, body) => {
    const { errorName, fields } = await refused('/keys/key/encrypt', body);
    expect(errorName).toBe('ValidationException');
    expect(fields.kmsRequestId).toBeUndefined();
    expect(fields).toMatchObject({ accessKeyId: 'ABCDEFGHIJKLMNOPQRST', externalKeyId: 'key' });
  });
});

describe('bytes that can be read are hashed, whatever the other fields are', () => {
  const aad = Buffer.from('aad');
  it.each([
    ['the tag', { authenticationTag: '!' }, { aadSha256: sha256(aad), ciphertextSha256: true }],
    ['the ciphertext', { ciphertext: '!' }, { aadSha256: sha256(aad), ciphertextSha256: false }],
  ])('%s is invalid', async (_, invalid, { aadSha256, ciphertextSha256 }) => {
    const additionalAuthenticatedData = aad.toString('base64');
    const body = decrypt({ additionalAuthenticatedData, ...invalid });
    const { fields } = await refused('/keys/key/decrypt', body);
    expect(fields.aadSha256).toBe(aadSha256);
    const expected = ciphertextSha256 ? sha256(Buffer.from([1, 2, 3])) : undefined;
    expect(fields.ciphertextSha256).toBe(expected);
  });

  it('a ciphertext in a body of Encrypt is none', async () => {
    const { fields } = await refused(
      '/keys/key/encrypt',
      encrypt({ ciphertext: 'AQID', plaintext: 1 }),
    );
    expect(fields.ciphertextSha256).toBeUndefined();
  });
});

describe('what was not authenticated is not believed', () => {
  it('GET on a path of the API → what the path says alone', async () => {
    const { errorName, fields } = await refused('/keys/key/encrypt', encrypt({}), {
      method: 'GET',
    });
    expect(errorName).toBe(405);
    expect(fields).toMatchObject({ keyStore: 'store', operation: 'Encrypt', externalKeyId: 'key' });
    expect(fields.kmsRequestId).toBeUndefined();
  });
});
