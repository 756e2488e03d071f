import { describe, expect, it, vi } from 'vitest';
import { type KeyDescription, KeyManagerError } from '../../../src/key-managers/backend.js';
import { materialNameOf } from '../../support/memory-key-manager.js';
import {
  decryptBody,
  encryptBody,
  type EncryptAnswer,
  metadataBody,
} from '../../support/xks-requests.js';
import { errorNameOf, incoming, makePipeline, PREFIX } from './harness.js';

const KEY = `${PREFIX}/keys/key`;

function version(number: number) {
  return { version: number, materialName: materialNameOf('key', number) };
}

/** The remembered description of a key, where the key is not so. */
const described = (change: Partial<KeyDescription> = {}): KeyDescription => ({
  externalKeyId: 'key',
  usage: new Set(['ENCRYPT', 'DECRYPT'] as const),
  enabled: true,
  current: version(1),
  versions: new Map([[1, version(1)]]),
  ...change,
});

const rotated = described({
  current: version(2),
  versions: new Map([
    [1, version(1)],
    [2, version(2)],
  ]),
});

/** A pipeline whose key manager remembers one thing and finds another when it looks. */
function pipelineThat(remembers: KeyDescription, finds: KeyDescription) {
  const pipeline = makePipeline();
  const { keyManager } = pipeline;
  vi.spyOn(keyManager, 'describeKey').mockResolvedValue(remembers);
  const anew = vi.spyOn(keyManager, 'describeKeyAnew').mockResolvedValue(finds);
  return { ...pipeline, anew };
}

async function sealed(): Promise<EncryptAnswer> {
  const { handle } = pipelineThat(rotated, rotated);
  const answer = await handle(incoming(`${KEY}/encrypt`, encryptBody()).call);
  return JSON.parse(answer.body) as EncryptAnswer;
}

const noUse = described({ usage: new Set() });
const disabled = described({ enabled: false, current: undefined, versions: new Map() });

describe('a memory that says no and is wrong', () => {
  it.each([
    ['another version', described()],
    ['a disabled key', disabled],
    ['a key without usage', noUse],
  ])('%s → the ciphertext is decrypted', async (_title, remembers) => {
    const { handle, anew } = pipelineThat(remembers, rotated);
    const answer = await handle(incoming(`${KEY}/decrypt`, decryptBody(await sealed())).call);
    expect(answer.status).toBe(200);
    expect(anew).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['a disabled key', disabled],
    ['a key without usage', noUse],
    ['a key without a version', described({ current: undefined, versions: new Map() })],
  ])('%s → encrypted, and its metadata are told as they are', async (_title, remembers) => {
    const { handle } = pipelineThat(remembers, rotated);
    const encrypted = await handle(incoming(`${KEY}/encrypt`, encryptBody()).call);
    expect(encrypted.status).toBe(200);
    const metadata = await handle(incoming(`${KEY}/metadata`, metadataBody()).call);
    expect(JSON.parse(metadata.body)).toMatchObject({
      keyStatus: 'ENABLED',
      keyUsage: ['ENCRYPT', 'DECRYPT'],
    });
  });

  it.each([
    'version-not-found',
    'usage-denied',
    'key-disabled',
    'key-not-found',
    'exhausted',
    'conflict',
  ] as const)(
    'a key manager that contradicts it with %s → encrypted with what is there',
    async (code) => {
      const { handle, keyManager, records } = pipelineThat(described(), rotated);
      vi.spyOn(keyManager, 'encrypt').mockRejectedValueOnce(new KeyManagerError(code, 'gone'));
      const answer = await handle(incoming(`${KEY}/encrypt`, encryptBody()).call);
      expect(answer.status).toBe(200);
      expect(records[0]?.keyVersion).toBe(2);
    },
  );
});

describe('a memory that says no and is right', () => {
  it('→ refused after one look', async () => {
    const { handle, anew } = pipelineThat(described(), described());
    const answer = await handle(incoming(`${KEY}/decrypt`, decryptBody(await sealed())).call);
    expect(errorNameOf(answer)).toBe('InvalidCiphertextException');
    expect(anew).toHaveBeenCalledTimes(1);
  });

  it('the look fails → told as what it failed for, not as a bad ciphertext', async () => {
    const { handle, anew } = pipelineThat(described(), described());
    anew.mockRejectedValue(new KeyManagerError('deadline', 'too slow'));
    const answer = await handle(incoming(`${KEY}/decrypt`, decryptBody(await sealed())).call);
    expect(errorNameOf(answer)).toBe('DependencyTimeoutException');
  });
});

it('a tag that does not match → refused without a look', async () => {
  const { handle, anew } = pipelineThat(rotated, rotated);
  const tampered = { ...(await sealed()), authenticationTag: Buffer.alloc(16).toString('base64') };
  const answer = await handle(incoming(`${KEY}/decrypt`, decryptBody(tampered)).call);
  expect(errorNameOf(answer)).toBe('InvalidCiphertextException');
  expect(anew).not.toHaveBeenCalled();
});
