import { describe, expect, it } from 'vitest';
import { KeyManagerError, type KeyManagerNode } from '../../../../src/key-managers/backend.js';
import { checkFleet } from '../../../../src/key-managers/nodes/fleet-check.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { fakeNode } from './fake-node.js';

/** A node whose ciphertexts only nodes with the same material open. */
function nodeWith(
  name: string,
  material: string,
  overrides: Partial<KeyManagerNode> = {},
): KeyManagerNode {
  const tag = Buffer.alloc(16, material);
  const version = { version: 1, materialName: Buffer.alloc(8, material) };
  return fakeNode({
    name,
    describeKey: (externalKeyId) =>
      Promise.resolve({
        externalKeyId,
        usage: new Set(),
        enabled: true,
        current: version,
        versions: new Map([[1, version]]),
      }),
    encrypt: (_key, ciphertext) => Promise.resolve({ iv: Buffer.alloc(12), ciphertext, tag }),
    decrypt: (_key, sealed) =>
      sealed.tag.equals(tag)
        ? Promise.resolve(sealed.ciphertext)
        : Promise.reject(new KeyManagerError('invalid-ciphertext', 'tag')),
    ...overrides,
  });
}

async function statuses(nodes: readonly KeyManagerNode[], budgetMs = 10_000): Promise<string> {
  const health = await checkFleet(nodes, Deadline.after(systemClock, budgetMs));
  return health.map(({ status, isForeign }) => (isForeign ? 'FOREIGN' : status)).join(' ');
}

const down: Partial<KeyManagerNode> = {
  checkHealth: () => Promise.resolve({ status: 'UNAVAILABLE', detail: 'down' }),
};
const cannotEncrypt: Partial<KeyManagerNode> = {
  encrypt: () => Promise.reject(new KeyManagerError('unreachable', 'gone')),
};
const cannotDecrypt: Partial<KeyManagerNode> = {
  decrypt: () => Promise.reject(new KeyManagerError('unreachable', 'gone')),
};
/** The right name, and other material behind it. */
const liar = (name: string): KeyManagerNode =>
  nodeWith(name, 'y', {
    describeKey: (externalKeyId, deadline) =>
      nodeWith(name, 'x').describeKey(externalKeyId, deadline),
  });

describe('a fleet', () => {
  it.each<[string, KeyManagerNode[], string]>([
    ['of one node', [nodeWith('a', 'x')], 'ACTIVE'],
    ['of one material', [nodeWith('a', 'x'), nodeWith('b', 'x')], 'ACTIVE ACTIVE'],
    [
      'with one stranger',
      [nodeWith('a', 'y'), nodeWith('b', 'x'), nodeWith('c', 'x')],
      'FOREIGN ACTIVE ACTIVE',
    ],
    ['split in two', [nodeWith('a', 'x'), nodeWith('b', 'y')], 'ACTIVE FOREIGN'],
    [
      'with a node that is down',
      [nodeWith('a', 'x', down), nodeWith('b', 'x')],
      'UNAVAILABLE ACTIVE',
    ],
    [
      'all of it down',
      [nodeWith('a', 'x', down), nodeWith('b', 'x', down)],
      'UNAVAILABLE UNAVAILABLE',
    ],
    ['with other material under the same name', [nodeWith('a', 'x'), liar('b')], 'ACTIVE FOREIGN'],
    [
      'whose first cannot encrypt',
      [nodeWith('a', 'x', cannotEncrypt), nodeWith('b', 'x')],
      'UNAVAILABLE ACTIVE',
    ],
    [
      'whose second cannot decrypt',
      [nodeWith('a', 'x'), nodeWith('b', 'x', cannotDecrypt)],
      'ACTIVE UNAVAILABLE',
    ],
  ])('%s', async (_title, nodes, expected) => {
    expect(await statuses(nodes)).toBe(expected);
  });

  it('with a node that hangs is told in time', async () => {
    const hangs = { checkHealth: () => new Promise<never>(() => undefined) };
    expect(await statuses([nodeWith('a', 'x', hangs), nodeWith('b', 'x')], 50)).toMatch(
      /^UNAVAILABLE/,
    );
  });
});
