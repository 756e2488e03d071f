import type { KeyManagerNode, KeyRef, NodeHealth } from '../../../../src/key-managers/backend.js';
import type { Clock } from '../../../../src/shared/clock.js';

/** A node that answers with bytes of the right sizes, unless a test overrides a method. */
export function fakeNode(overrides: Partial<KeyManagerNode> = {}): KeyManagerNode {
  const healthy: NodeHealth = { status: 'ACTIVE' };
  return {
    name: 'node-1',
    location: 'here',
    vendor: 'Nobody',
    model: 'Fake 1',
    inProcess: false,
    describeKey: (externalKeyId) =>
      Promise.resolve({
        externalKeyId,
        usage: new Set(),
        enabled: true,
        current: key.version,
        versions: new Map([[1, key.version]]),
      }),
    encrypt: (_key, plaintext) =>
      Promise.resolve({ iv: Buffer.alloc(12), ciphertext: plaintext, tag: Buffer.alloc(16) }),
    decrypt: (_key, sealed) => Promise.resolve(sealed.ciphertext),
    checkHealth: () => Promise.resolve(healthy),
    close: () => Promise.resolve(),
    ...overrides,
  };
}

/** Names material that nobody has. */
export const key: KeyRef = {
  externalKeyId: 'key',
  version: { version: 1, materialName: Buffer.alloc(8) },
};

/** A clock that a test moves. */
export class FakeClock implements Clock {
  elapsedMs = 0;

  now(): number {
    return this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }
}
