import { describe, expect, it, vi } from 'vitest';
import { KeyManagerError, type KeyManagerErrorCode } from '../../../src/key-managers/backend.js';
import { XKS_ERROR_STATUS } from '../../../src/xks/errors.js';
import {
  type Body,
  decryptBody,
  encryptBody,
  type EncryptAnswer,
  healthBody,
  metadataBody,
} from '../../support/xks-requests.js';
import { errorNameOf, incoming, makePipeline, PREFIX } from './harness.js';

const ENCRYPT = `${PREFIX}/keys/key/encrypt`;
const DECRYPT = `${PREFIX}/keys/key/decrypt`;

/** The whole closed set: a code that is added and not mapped does not compile here. */
const mapping: Record<KeyManagerErrorCode, keyof typeof XKS_ERROR_STATUS> = {
  'key-not-found': 'KeyNotFoundException',
  'version-not-found': 'InvalidCiphertextException',
  'key-disabled': 'InvalidStateException',
  'usage-denied': 'InvalidKeyUsageException',
  exhausted: 'InvalidStateException',
  'invalid-ciphertext': 'InvalidCiphertextException',
  rejected: 'InternalException',
  unreachable: 'InternalException',
  misconfigured: 'InternalException',
  overloaded: 'ThrottlingException',
  deadline: 'DependencyTimeoutException',
  unsupported: 'UnsupportedOperationException',
  conflict: 'InternalException',
  corrupt: 'InvalidStateException',
  internal: 'InternalException',
};

describe('what the key manager fails with', () => {
  it.each(Object.entries(mapping))('%s → %s', async (code, errorName) => {
    const { handle, keyManager, records, failures } = makePipeline();
    const sealed = JSON.parse(
      (await handle(incoming(ENCRYPT, encryptBody()).call)).body,
    ) as EncryptAnswer;
    const error = new KeyManagerError(code as KeyManagerErrorCode, 'for the operator alone');
    vi.spyOn(keyManager, 'decrypt').mockRejectedValue(error);
    const answer = await handle(incoming(DECRYPT, decryptBody(sealed)).call);
    expect([errorNameOf(answer), answer.status]).toEqual([errorName, XKS_ERROR_STATUS[errorName]]);
    expect(answer.body).not.toContain('for the operator alone');
    expect(records[1]?.errorName).toBe(errorName);
    expect(failures).toEqual([]);
  });

  it.each(Object.keys(mapping))(
    '%s, from Encrypt → no InvalidCiphertextException',
    async (code) => {
      const { handle, keyManager, records } = makePipeline();
      const error = new KeyManagerError(code as KeyManagerErrorCode, 'for the operator alone');
      for (const method of ['describeKey', 'encrypt', 'decrypt'] as const) {
        const spy = vi.spyOn(keyManager, method).mockRejectedValue(error);
        const body = encryptBody({ ciphertextDataIntegrityValueAlgorithm: 'SHA_256' });
        const answer = await handle(incoming(ENCRYPT, body).call);
        spy.mockRestore();
        expect(answer.status).not.toBe(200);
        expect(errorNameOf(answer)).not.toBe('InvalidCiphertextException');
        const wanted = mapping[code as KeyManagerErrorCode];
        if (wanted !== 'InvalidCiphertextException') expect(errorNameOf(answer)).toBe(wanted);
        else expect(errorNameOf(answer)).toBe('InternalException');
      }
      expect(records).toHaveLength(3);
    },
  );

  it('is told to the operator with its code', async () => {
    const { handle, keyManager, records } = makePipeline();
    const error = new KeyManagerError('unreachable', 'no route to the token');
    vi.spyOn(keyManager, 'describeKey').mockRejectedValue(error);
    await handle(incoming(`${PREFIX}/keys/key/metadata`, metadataBody()).call);
    expect(records[0]?.cause).toBe('unreachable: no route to the token');
  });

  it('is told with its cause, which no record can hold', async () => {
    const { handle, keyManager, failures } = makePipeline();
    const cause = new RangeError('native');
    const error = new KeyManagerError('internal', 'failed unexpectedly', { cause });
    vi.spyOn(keyManager, 'describeKey').mockRejectedValue(error);
    await handle(incoming(`${PREFIX}/keys/key/metadata`, metadataBody()).call);
    expect(failures).toEqual([error]);
  });
});

describe('a defect', () => {
  it('is InternalException, reported, and the connection goes on', async () => {
    const { handle, keyManager, records, failures } = makePipeline();
    const error = new TypeError('undefined is not a function');
    vi.spyOn(keyManager, 'encrypt').mockRejectedValueOnce(error);
    const answer = await handle(incoming(ENCRYPT, encryptBody()).call);
    expect(answer).toEqual({
      status: 500,
      body: '{"errorName":"InternalException","errorMessage":"The proxy failed."}',
    });
    expect(failures).toEqual([error]);
    expect(records[0]).toMatchObject({ status: 500, cause: 'defect' });
    expect((await handle(incoming(ENCRYPT, encryptBody()).call)).status).toBe(200);
  });
});

describe('a malformed body', () => {
  const bodies: [string, string | Buffer | Body][] = [
    ['nothing', ''],
    ['no JSON', '{"requestMetadata":'],
    ['null', 'null'],
    ['an array', '[]'],
    ['a number', '7'],
    ['no requestMetadata', {}],
    ['metadata of the wrong type', { requestMetadata: 'x' }],
    ['a request id of the wrong type', { requestMetadata: { kmsRequestId: 1, kmsOperation: 'x' } }],
    ['__proto__ in place of metadata', '{"__proto__":{"requestMetadata":{}}}'],
    ['invalid UTF-8', Buffer.concat([Buffer.from(JSON.stringify(healthBody())), Buffer.of(0xff)])],
    ['deep nesting', '['.repeat(30_000)],
  ];
  it.each(bodies)('%s → ValidationException', async (_title, body) => {
    const { handle, failures } = makePipeline();
    for (const path of [`${PREFIX}/health`, `${PREFIX}/keys/key/metadata`, ENCRYPT, DECRYPT]) {
      const answer = await handle(incoming(path, body).call);
      expect([errorNameOf(answer), answer.status]).toEqual(['ValidationException', 400]);
      const { errorMessage } = JSON.parse(answer.body) as { errorMessage: string };
      expect(errorMessage).toMatch(/^[ -~]{1,511}$/);
    }
    expect(failures).toEqual([]);
  });
});

describe('a body that came too late to be of use', () => {
  it.each(['keys/key/metadata', 'health'])(
    'of %s → ValidationException, and no key manager is asked or told of',
    async (path) => {
      const { handle, keyManager, records, failures } = makePipeline({ deadlineMs: 0 });
      const asked = [vi.spyOn(keyManager, 'describeKey'), vi.spyOn(keyManager, 'health')];
      const answer = await handle(incoming(`${PREFIX}/${path}`, metadataBody()).call);
      expect([errorNameOf(answer), answer.status]).toEqual(['ValidationException', 400]);
      for (const spy of asked) expect(spy).not.toHaveBeenCalled();
      expect(records).toMatchObject([
        { keyManager: undefined, nodesTried: undefined, cause: 'The request body came too late.' },
      ]);
      expect(failures).toEqual([]);
    },
  );
});
