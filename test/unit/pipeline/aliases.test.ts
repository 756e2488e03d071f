import { describe, expect, it, vi } from 'vitest';
import type { KeyStandings } from '../../../src/external-keys/standing.js';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { materialNameOf } from '../../support/memory-key-manager.js';
import { decryptBody } from '../../support/xks-requests.js';
import { errorNameOf, makePipeline } from './harness.js';
import { call, encrypted, OPERATIONS } from './key-calls.js';

describe('an alias', () => {
  const targets = (...keys: [string, ...string[]]): Partial<KeyStandings> => ({
    aliasOf: (id) =>
      id === 'alias' ? { keyStore: 'store', enabled: true, targets: keys } : undefined,
  });

  it('Encrypt → with its target, and the record tells both', async () => {
    const { handle, records } = makePipeline({}, undefined, targets('rotated', 'key'));
    expect((await call({ handle }, 'alias', 'Encrypt')).status).toBe(200);
    expect(records[0]).toMatchObject({ externalKeyId: 'alias', targetKeyId: 'rotated' });
  });

  it('moved → what was encrypted before opens with the key that made it', async () => {
    const before = await encrypted(makePipeline({}, undefined, targets('key')), 'alias');
    const pipeline = makePipeline({}, undefined, targets('rotated', 'gone', 'key'));
    const answer = await call(pipeline, 'alias', 'Decrypt', decryptBody(before));
    expect(answer.status).toBe(200);
    expect(pipeline.records[0]).toMatchObject({ targetKeyId: 'key', keyVersion: 1 });
  });

  it('moved, and the key that made a ciphertext is disabled → InvalidStateException', async () => {
    const before = await encrypted(makePipeline({}, undefined, targets('key')), 'alias');
    const pipeline = makePipeline({}, undefined, {
      ...targets('rotated', 'key'),
      keyOf: (id) => ({ state: id === 'key' ? 'Disabled' : 'Enabled' }),
    });
    const answer = await call(pipeline, 'alias', 'Decrypt', decryptBody(before));
    expect(errorNameOf(answer)).toBe('InvalidStateException');
  });

  it('a former target cannot be asked → that failure, and no InvalidCiphertextException', async () => {
    const before = await encrypted(makePipeline({}, undefined, targets('key')), 'alias');
    const pipeline = makePipeline({}, undefined, targets('rotated', 'key'));
    const described = pipeline.keyManager.describeKey.bind(pipeline.keyManager);
    vi.spyOn(pipeline.keyManager, 'describeKey').mockImplementation((id, call) =>
      id === 'key'
        ? Promise.reject(new KeyManagerError('unreachable', 'away'))
        : described(id, call),
    );
    const answer = await call(pipeline, 'alias', 'Decrypt', decryptBody(before));
    expect(errorNameOf(answer)).toBe('InternalException');
  });

  it('a former target has a version that nobody here remembers → read anew, and it opens', async () => {
    const before = await encrypted(makePipeline({}, undefined, targets('rotated')), 'alias');
    const pipeline = makePipeline({}, undefined, targets('key', 'rotated'));
    const described = pipeline.keyManager.describeKey.bind(pipeline.keyManager);
    vi.spyOn(pipeline.keyManager, 'describeKey').mockImplementationOnce(described);
    vi.spyOn(pipeline.keyManager, 'describeKey').mockImplementationOnce(async (id, call) => {
      const { versions, ...description } = await described(id, call);
      return { ...description, versions: new Map([...versions].slice(0, 1)) };
    });
    vi.spyOn(pipeline.keyManager, 'describeKeyAnew').mockImplementation(described);
    const answer = await call(pipeline, 'alias', 'Decrypt', decryptBody(before));
    expect(answer.status).toBe(200);
  });

  it('a ciphertext of none of its keys → InvalidCiphertextException', async () => {
    const foreign = await encrypted(makePipeline(), 'without-first');
    const pipeline = makePipeline({}, undefined, targets('rotated', 'key'));
    const answer = await call(pipeline, 'alias', 'Decrypt', decryptBody(foreign));
    expect(errorNameOf(answer)).toBe('InvalidCiphertextException');
  });

  it.each(OPERATIONS)(
    '%s, and its key store does not expose its target any more → KeyNotFoundException',
    async (operation) => {
      const pipeline = makePipeline({}, undefined, targets('hidden'));
      const asked = vi.spyOn(pipeline.keyManager, 'describeKey');
      const answer = await call(pipeline, 'alias', operation);
      expect(errorNameOf(answer)).toBe('KeyNotFoundException');
      expect(pipeline.records).toMatchObject([
        { authorization: { decision: 'denied', by: 'exposes' } },
      ]);
      expect(asked).not.toHaveBeenCalled();
    },
  );

  it('a former target that is not exposed any more made a ciphertext → it is not asked', async () => {
    const before = await encrypted(makePipeline({}, undefined, targets('key')), 'alias');
    const foreign = Buffer.from(before.ciphertextMetadata, 'base64');
    materialNameOf('hidden', 1).copy(foreign, foreign.length - 8);
    const body = { ...before, ciphertextMetadata: foreign.toString('base64') };
    const pipeline = makePipeline({}, undefined, targets('key', 'hidden', 'rotated'));
    const asked = vi.spyOn(pipeline.keyManager, 'describeKey');
    const answer = await call(pipeline, 'alias', 'Decrypt', decryptBody(body));
    expect(errorNameOf(answer)).toBe('InvalidCiphertextException');
    expect(asked.mock.calls.map(([id]) => id)).not.toContain('hidden');
  });

  it('moved away from a key that is exposed to one that is not → the former one opens', async () => {
    const before = await encrypted(makePipeline({}, undefined, targets('key')), 'alias');
    const pipeline = makePipeline({}, undefined, targets('hidden', 'key'));
    const answer = await call(pipeline, 'alias', 'Decrypt', decryptBody(before));
    expect(answer.status).toBe(200);
  });

  it.each([
    ['deleted', { keyStore: 'store', enabled: false }, 'InvalidStateException'],
    ['of another key store', { keyStore: 'other', enabled: true }, 'KeyNotFoundException'],
  ])('%s → refused for every operation', async (_, fields, error) => {
    const pipeline = makePipeline({}, undefined, {
      aliasOf: () => ({ ...fields, targets: ['key'] }),
    });
    for (const operation of OPERATIONS) {
      expect(errorNameOf(await call(pipeline, 'alias', operation))).toBe(error);
    }
  });
});
