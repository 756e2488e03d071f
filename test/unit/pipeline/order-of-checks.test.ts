import { describe, expect, it, vi } from 'vitest';
import { BodyError } from '../../../src/pipeline/call.js';
import { encryptBody, healthBody, metadataBody } from '../../support/xks-requests.js';
import { credential, errorNameOf, incoming, makePipeline, NOW, PREFIX } from './harness.js';

const wrongSecret = { ...credential, secretAccessKey: 'A'.repeat(43) };
const unknownId = { ...credential, accessKeyId: 'NOBODYNOBODYNOBODYNO' };
const encryptPath = (externalKeyId: string) => `${PREFIX}/keys/${externalKeyId}/encrypt`;

describe('of several faults the earliest in the order is told', () => {
  const withProof = encryptBody({ ciphertextDataIntegrityValueAlgorithm: 'SHA_256' });
  const cases: [string, ReturnType<typeof incoming>, string][] = [
    [
      'path before authentication',
      incoming('/other/kms/xks/v1/health', 'not JSON', { credential: wrongSecret }),
      'InvalidUriPathException',
    ],
    [
      'authentication before JSON',
      incoming(encryptPath('key'), 'not JSON', { credential: wrongSecret }),
      'AuthenticationFailedException',
    ],
    [
      'authentication before key lookup',
      incoming(encryptPath('missing'), encryptBody(), { credential: wrongSecret }),
      'AuthenticationFailedException',
    ],
    ['JSON before key lookup', incoming(encryptPath('missing'), 'not JSON'), 'ValidationException'],
    ['fields before key lookup', incoming(encryptPath('missing'), {}), 'ValidationException'],
    [
      'exposure before key lookup',
      incoming(encryptPath('hidden'), encryptBody()),
      'KeyNotFoundException',
    ],
    ['key lookup', incoming(encryptPath('missing'), encryptBody()), 'KeyNotFoundException'],
    ['state before usage', incoming(encryptPath('disabled'), withProof), 'InvalidStateException'],
    [
      'usage before execution',
      incoming(encryptPath('decrypt-only'), encryptBody()),
      'InvalidKeyUsageException',
    ],
    [
      'no usable version',
      incoming(encryptPath('unusable'), encryptBody()),
      'InvalidStateException',
    ],
    ['nothing wrong', incoming(encryptPath('key'), withProof), 'none'],
  ];
  it.each(cases)('%s', async (_title, { call }, errorName) => {
    const { handle, failures } = makePipeline();
    expect(errorNameOf(await handle(call))).toBe(errorName);
    expect(failures).toEqual([]);
  });
});

describe('without a valid signature', () => {
  it.each(['key', 'missing', 'hidden', 'disabled', 'encrypt-only'])(
    'the answer for key %s is the same, and the key manager is not asked',
    async (externalKeyId) => {
      const { handle, keyManager } = makePipeline();
      const describeKey = vi.spyOn(keyManager, 'describeKey');
      const path = encryptPath(externalKeyId);
      const { call, isAuthenticated } = incoming(path, encryptBody(), { credential: wrongSecret });
      expect(await handle(call)).toEqual({
        status: 401,
        body: '{"errorName":"AuthenticationFailedException","errorMessage":"The request could not be authenticated."}',
      });
      expect(describeKey).not.toHaveBeenCalled();
      expect(isAuthenticated()).toBe(false);
    },
  );

  it('an unknown access key id and a wrong secret get identical answers, told apart in the record', async () => {
    const { handle, records } = makePipeline();
    const path = `${PREFIX}/health`;
    const forUnknown = await handle(incoming(path, healthBody(), { credential: unknownId }).call);
    const forWrong = await handle(incoming(path, healthBody(), { credential: wrongSecret }).call);
    expect(forUnknown).toEqual(forWrong);
    expect(records.map((record) => record.authenticationFailure)).toEqual([
      'unknown-access-key-id',
      'signature-mismatch',
    ]);
    expect(records.map((record) => record.accessKeyId)).toEqual([
      unknownId.accessKeyId,
      credential.accessKeyId,
    ]);
  });

  it.each([
    ['301 s old', NOW - 301_000],
    ['301 s ahead', NOW + 301_000],
  ])('%s is as good as none', async (_title, at) => {
    const { handle, records } = makePipeline();
    const answer = await handle(incoming(`${PREFIX}/health`, healthBody(), { at }).call);
    expect(errorNameOf(answer)).toBe('AuthenticationFailedException');
    expect(records[0]?.authenticationFailure).toBe('clock-skew');
  });

  it('none at all is AuthenticationFailedException', async () => {
    const { handle, records } = makePipeline();
    const { call } = incoming(`${PREFIX}/health`, healthBody(), { rawHeaders: [] });
    expect(errorNameOf(await handle(call))).toBe('AuthenticationFailedException');
    expect(records[0]?.authenticationFailure).toBe('missing-authorization');
  });
});

describe('before the body is read', () => {
  const unread = () => Promise.reject(new Error('the body was read'));

  it.each([
    '/store/kms/xks/v1',
    '/store/kms/xks/v2/health',
    '/ping',
    `${PREFIX}/keys/a%2fb/encrypt`,
  ])('a path that is none (%s) is InvalidUriPathException', async (path) => {
    const { handle, failures, records } = makePipeline();
    const answer = await handle(incoming(path, '', { readBody: unread }).call);
    expect([errorNameOf(answer), answer.status]).toEqual(['InvalidUriPathException', 404]);
    expect(records.map(({ target }) => target)).toEqual([path]);
    expect(failures).toEqual([]);
  });

  it('a long path that is none → its first 300 characters in the record; one of ours → none', async () => {
    const { handle, records } = makePipeline();
    await handle(incoming(`/${'a'.repeat(5_000)}`, '', { readBody: unread }).call);
    await handle(incoming(`${PREFIX}/health`, healthBody()).call);
    expect(records.map(({ target }) => target)).toEqual([`/${'a'.repeat(299)}`, undefined]);
  });

  it.each(['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])(
    '%s on a path of the API is 405 with Allow: POST',
    async (method) => {
      const { handle } = makePipeline();
      const path = `${PREFIX}/keys/key/metadata`;
      const answer = await handle(incoming(path, '', { method, readBody: unread }).call);
      expect(answer).toEqual({ status: 405, body: '', headers: ['allow', 'POST'] });
    },
  );

  it.each([
    [new BodyError('too-large'), 'UnsupportedOperationException'],
    [new BodyError('aborted'), 'ValidationException'],
  ])('%s is %s', async (error, errorName) => {
    const { handle } = makePipeline();
    const readBody = () => Promise.reject(error);
    const answer = await handle(incoming(`${PREFIX}/health`, '', { readBody }).call);
    expect(errorNameOf(answer)).toBe(errorName);
  });
});

it('a valid signature tells the connection that it is authenticated, whatever comes after', async () => {
  const { handle } = makePipeline();
  const { call, isAuthenticated } = incoming(`${PREFIX}/keys/missing/metadata`, metadataBody());
  expect((await handle(call)).status).toBe(404);
  expect(isAuthenticated()).toBe(true);
});
