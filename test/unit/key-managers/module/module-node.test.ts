import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
} from '../../../../src/key-managers/backend.js';
import { ModuleNode } from '../../../../src/key-managers/module/module-node.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';

const version = { version: 1, materialName: Buffer.alloc(8) };
const ref: KeyRef = { externalKeyId: 'key', version };
const bytes = Buffer.alloc(16);
const right = {
  name: 'one',
  location: 'here',
  vendor: 'V',
  model: 'M',
  inProcess: true,
  describeKey: () => ({
    externalKeyId: 'key',
    usage: new Set(['ENCRYPT']),
    enabled: true,
    current: version,
    versions: new Map([[1, version]]),
  }),
  encrypt: () => ({ iv: bytes, ciphertext: bytes, tag: bytes }),
  decrypt: () => bytes,
  checkHealth: () => ({ status: 'ACTIVE' }),
  close: () => undefined,
};

/** A module is JavaScript: it answers what it likes. */
function nodeAnswering(method: keyof typeof right, change: object | undefined): ModuleNode {
  const answer = change && { ...(right[method] as () => object)(), ...change };
  const node: object = { ...right, [method]: () => Promise.resolve(answer) };
  return new ModuleNode(node as KeyManagerNode);
}

const deadline = () => Deadline.after(systemClock, 1_000);
const calls = {
  describeKey: (node: ModuleNode) => node.describeKey('key', deadline()),
  encrypt: (node: ModuleNode) => node.encrypt(ref, bytes, bytes, deadline()),
  decrypt: (node: ModuleNode) =>
    node.decrypt(ref, { iv: bytes, ciphertext: bytes, tag: bytes }, bytes, deadline()),
  checkHealth: (node: ModuleNode) => node.checkHealth(deadline()),
};

it('a module that fails with its secrets in hand → told without them', async () => {
  const secret = 'canary-of-the-module-1234';
  const cause = Object.assign(new Error(`401 for ${secret}`), { config: { headers: secret } });
  const node: object = {
    ...right,
    encrypt: () => Promise.reject(new KeyManagerError('unreachable', `with ${secret}`, { cause })),
    decrypt: () => {
      throw cause;
    },
  };
  const module = new ModuleNode(node as KeyManagerNode, [secret]);
  const failures = await Promise.allSettled([calls.encrypt(module), calls.decrypt(module)]);
  expect(failures).toMatchObject([{ reason: { code: 'unreachable' } }, { status: 'rejected' }]);
  expect(inspect(failures, { depth: 9 })).not.toContain(secret);
});

describe('what a module answers', () => {
  it.each(['describeKey', 'encrypt', 'checkHealth'] as const)('%s, right → taken', async (name) => {
    await expect(calls[name](nodeAnswering(name, {}))).resolves.toEqual(right[name]());
  });

  it.each<[keyof typeof calls, string, object]>([
    ['describeKey', 'a usage that is a list', { usage: ['ENCRYPT'] }],
    ['describeKey', 'versions that are a list', { versions: [version] }],
    [
      'describeKey',
      'a name of 7 bytes',
      { versions: new Map([[1, { version: 1, materialName: Buffer.alloc(7) }]]) },
    ],
    [
      'describeKey',
      'a name that is text',
      { versions: new Map([[1, { version: 1, materialName: 'material' }]]) },
    ],
    ['describeKey', 'a version under another number', { versions: new Map([[2, version]]) }],
    [
      'describeKey',
      'version 0',
      { versions: new Map([[0, { ...version, version: 0 }]]), current: undefined },
    ],
    ['describeKey', 'a current version that is not there', { current: { ...version, version: 2 } }],
    ['encrypt', 'a Uint8Array as ciphertext', { ciphertext: new Uint8Array(16) }],
    ['encrypt', 'a text as tag', { tag: 'tag' }],
    ['encrypt', 'no IV', { iv: undefined }],
    ['decrypt', 'no Buffer', {}],
    ['checkHealth', 'another status', { status: 'OK' }],
  ])('%s with %s → internal', async (name, _, change) => {
    await expect(calls[name](nodeAnswering(name, change))).rejects.toMatchObject({
      name: 'KeyManagerError',
      code: 'internal',
    });
  });
});
