import { describe, expect, it } from 'vitest';
import {
  KeyManagerError,
  type KeyManagerNode,
  type Sealed,
} from '../../../../src/key-managers/backend.js';
import type { MaybePromise } from '../../../../src/key-managers/maybe-promise.js';
import { CheckedNode } from '../../../../src/key-managers/nodes/conditions.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { FakeClock, fakeNode, key } from './fake-node.js';

const deadline = Deadline.after(new FakeClock(), 140);
const plaintext = Buffer.from('plaintext');
const noAad = Buffer.alloc(0);

function sealed(sizes: { iv?: number; ciphertext?: number; tag?: number } = {}): Sealed {
  return {
    iv: Buffer.alloc(sizes.iv ?? 12),
    ciphertext: Buffer.alloc(sizes.ciphertext ?? plaintext.length),
    tag: Buffer.alloc(sizes.tag ?? 16),
  };
}

/** The code of the failure and its message, or the value. */
async function outcome(work: () => MaybePromise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KeyManagerError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const wrongSizes: [string, Sealed, string][] = [
  ['an IV of 0 bytes', sealed({ iv: 0 }), 'internal: the IV is neither 12 nor 16 bytes long'],
  ['an IV of 13 bytes', sealed({ iv: 13 }), 'internal: the IV is neither 12 nor 16 bytes long'],
  ['a tag of 0 bytes', sealed({ tag: 0 }), 'internal: the tag is not 16 bytes long'],
  ['a tag of 12 bytes', sealed({ tag: 12 }), 'internal: the tag is not 16 bytes long'],
  ['a tag of 17 bytes', sealed({ tag: 17 }), 'internal: the tag is not 16 bytes long'],
];

describe('encrypt', () => {
  it.each([
    ...wrongSizes,
    [
      'a shorter ciphertext',
      sealed({ ciphertext: 8 }),
      'internal: the ciphertext has another length',
    ],
    ['the tag appended', sealed({ ciphertext: 25 }), 'internal: the ciphertext has another length'],
  ])('refuses what a backend answers with %s', async (_title, answer, expected) => {
    const node = new CheckedNode(fakeNode({ encrypt: () => Promise.resolve(answer) }));
    expect(await outcome(() => node.encrypt(key, plaintext, noAad, deadline))).toBe(expected);
  });

  it.each([12, 16])('accepts an IV of %i bytes', async (iv) => {
    const answer = sealed({ iv });
    const node = new CheckedNode(fakeNode({ encrypt: () => Promise.resolve(answer) }));
    expect(await node.encrypt(key, plaintext, noAad, deadline)).toBe(answer);
  });

  it('takes the longest AAD that can be composed, and not a byte more', async () => {
    const node = new CheckedNode(fakeNode());
    const longest = Buffer.alloc(65_558);
    expect(await node.encrypt(key, plaintext, longest, deadline)).toMatchObject({
      ciphertext: plaintext,
    });
    const tooLong = () => node.encrypt(key, plaintext, Buffer.alloc(65_559), deadline);
    expect(await outcome(tooLong)).toBe('internal: the AAD is too long');
  });
});

describe('decrypt', () => {
  it.each(wrongSizes)('is not called with %s', async (_title, input, expected) => {
    const called = () => Promise.reject(new Error('the backend was called'));
    const node = new CheckedNode(fakeNode({ decrypt: called }));
    expect(await outcome(() => node.decrypt(key, input, noAad, deadline))).toBe(expected);
  });

  it('refuses a plaintext of another length', async () => {
    const node = new CheckedNode(fakeNode({ decrypt: () => Promise.resolve(Buffer.alloc(3)) }));
    const work = () => node.decrypt(key, sealed(), noAad, deadline);
    expect(await outcome(work)).toBe('internal: the plaintext has another length');
  });
});

describe('an error of a backend', () => {
  const calls: [string, (node: KeyManagerNode) => MaybePromise<unknown>][] = [
    ['describeKey', (node) => node.describeKey('key', deadline)],
    ['encrypt', (node) => node.encrypt(key, plaintext, noAad, deadline)],
    ['decrypt', (node) => node.decrypt(key, sealed(), noAad, deadline)],
  ];

  it.each(calls)(
    'in %s that is no KeyManagerError is internal, with its cause',
    async (method, call) => {
      const cause = new RangeError('native');
      const failing = fakeNode({ [method]: () => Promise.reject(cause) });
      await expect(call(new CheckedNode(failing))).rejects.toMatchObject({
        code: 'internal',
        cause,
      });
    },
  );

  it.each(calls)('in %s that is thrown at once is no different', (method, call) => {
    const failing = fakeNode({
      [method]: () => {
        throw new RangeError('native');
      },
    });
    expect(() => call(new CheckedNode(failing))).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
  });

  it.each(calls)('in %s that is a KeyManagerError passes unchanged', async (method, call) => {
    const error = new KeyManagerError('overloaded', 'busy');
    const failing = fakeNode({ [method]: () => Promise.reject(error) });
    await expect(call(new CheckedNode(failing))).rejects.toBe(error);
  });

  it('in checkHealth is UNAVAILABLE', async () => {
    const failing = fakeNode({ checkHealth: () => Promise.reject(new Error('native')) });
    expect(await new CheckedNode(failing).checkHealth(deadline)).toEqual({
      status: 'UNAVAILABLE',
      detail: 'the key manager failed unexpectedly',
    });
  });
});
