import { describe, expect, it } from 'vitest';
import type { KeyManagerNode } from '../../../../src/key-managers/backend.js';
import {
  answer,
  deadline,
  KEY,
  openNode,
  startFakeServer,
  TOKEN,
  tokenFile,
} from './fake-server.js';

/** A node of a server that knows tokens and one key, and answers operations as told. */
async function nodeAnswering(status: number, data: object): Promise<KeyManagerNode> {
  const address = await startFakeServer(({ url = '' }, response) => {
    if (url.endsWith('lookup-self')) answer(response, 200, { data: { ttl: 0 } });
    else if (url.includes('/keys/')) answer(response, 200, { data: KEY });
    else answer(response, status, data);
  });
  return openNode(address, { method: 'token', tokenFile: tokenFile() });
}

async function codeOf(node: KeyManagerNode, operation: 'encrypt' | 'decrypt'): Promise<unknown> {
  const { current } = await node.describeKey('a', deadline());
  if (current === undefined) throw new Error('no version');
  const ref = { externalKeyId: 'a', version: current };
  const plaintext = Buffer.alloc(4);
  const sealed = { iv: Buffer.alloc(12), ciphertext: plaintext, tag: Buffer.alloc(16) };
  const work =
    operation === 'encrypt'
      ? node.encrypt(ref, plaintext, plaintext, deadline())
      : node.decrypt(ref, sealed, plaintext, deadline());
  const error: unknown = await Promise.resolve<unknown>(work).catch((reason: unknown) => reason);
  expect(String(error)).not.toContain(TOKEN);
  return error;
}

describe('a server that answers oddly', () => {
  const ciphertext = (bytes: number) => Buffer.alloc(bytes).toString('base64');

  it.each([
    ['another version', { data: { ciphertext: `vault:v2:${ciphertext(32)}` } }, 'internal'],
    ['another length', { data: { ciphertext: `vault:v1:${ciphertext(31)}` } }, 'internal'],
    ['no ciphertext', { data: {} }, 'misconfigured'],
    ['no data', {}, 'misconfigured'],
    ['a list', [], 'misconfigured'],
  ])('encrypt: 200 with %s → %s', async (_, body, code) => {
    expect(await codeOf(await nodeAnswering(200, body), 'encrypt')).toMatchObject({ code });
  });

  it.each([
    ['another length', { data: { plaintext: 'AAAA' } }, 'internal'],
    ['no base64', { data: { plaintext: '****' } }, 'internal'],
    ['no plaintext', { data: {} }, 'misconfigured'],
  ])('decrypt: 200 with %s → %s', async (_, body, code) => {
    expect(await codeOf(await nodeAnswering(200, body), 'decrypt')).toMatchObject({ code });
  });

  it.each([
    ['encrypt', 'internal'],
    ['decrypt', 'rejected'],
  ] as const)('%s: 400 in words that nobody knows → %s', async (operation, code) => {
    const node = await nodeAnswering(400, { errors: ['the moon is full'] });
    expect(await codeOf(node, operation)).toMatchObject({ code });
  });

  it('a Transit that ignores the AAD → UNAVAILABLE', async () => {
    const node = await nodeAnswering(200, {
      data: {
        ciphertext: `vault:v1:${ciphertext(28 + 20)}`,
        plaintext: Buffer.from('holdfast health test').toString('base64'),
      },
    });
    expect(await node.checkHealth(deadline())).toMatchObject({
      status: 'UNAVAILABLE',
      detail: expect.stringContaining('associated_data'),
    });
  });
});
