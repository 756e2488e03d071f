import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
} from '../../../../src/key-managers/backend.js';
import { type KeyManagerCall, untraced } from '../../../../src/key-managers/key-manager.js';
import { DEFAULT_NODE_LIMITS } from '../../../../src/key-managers/nodes/limits.js';
import { NodeSetKeyManager } from '../../../../src/key-managers/nodes/node-set.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { fakeNode, key } from './fake-node.js';

const plaintext = Buffer.from('plaintext');
const noAad = Buffer.alloc(0);
const LONG_MS = 10_000;

const keyManagers: NodeSetKeyManager[] = [];
afterEach(async () => {
  await Promise.all(keyManagers.splice(0).map((keyManager) => keyManager.close()));
});

function keyManagerOf(
  nodes: readonly KeyManagerNode[],
  limits: Partial<typeof DEFAULT_NODE_LIMITS> = {},
): NodeSetKeyManager {
  const keyManager = new NodeSetKeyManager({
    name: 'hsm',
    type: 'fake',
    nodes,
    administration: {},
    limits: { ...DEFAULT_NODE_LIMITS, ...limits },
    clock: systemClock,
    onHealthChange: () => undefined,
  });
  keyManagers.push(keyManager);
  return keyManager;
}

const after = (budgetMs: number): Deadline => Deadline.after(systemClock, budgetMs);
const calling = (budgetMs: number): KeyManagerCall => untraced(after(budgetMs));

/** A call, and whom it was tried on: `name`, or `name: failure`. */
function tracedCall(budgetMs = LONG_MS) {
  const tried: string[] = [];
  const call: KeyManagerCall = {
    deadline: after(budgetMs),
    tried: ({ name }, failure) => {
      tried.push(failure === undefined ? name : `${name}: ${failure}`);
    },
  };
  return { call, tried };
}
const failing = (code: KeyManagerErrorCode) =>
  vi.fn(() => Promise.reject(new KeyManagerError(code, code)));
const hanging = vi.fn(() => new Promise<never>(() => undefined));

function encryptOn(nodes: readonly KeyManagerNode[], budgetMs = LONG_MS, limits = {}) {
  return keyManagerOf(nodes, limits).encrypt(key, plaintext, noAad, calling(budgetMs));
}

/** On which nodes it was tried. */
async function triedOn(keyManager: NodeSetKeyManager): Promise<readonly string[]> {
  const { call, tried } = tracedCall();
  await keyManager.encrypt(key, plaintext, noAad, call);
  return tried;
}

const second = fakeNode({ name: 'node-2' });
/** Encrypts like any other, and remembers that it was asked. */
const watchedEncrypt = () => vi.fn<KeyManagerNode['encrypt']>((...call) => second.encrypt(...call));

describe('a call of a node in this process', () => {
  const own = { name: 'own', inProcess: true };

  it('that answers at once → answered at once', () => {
    const sealed = { iv: Buffer.alloc(12), ciphertext: plaintext, tag: Buffer.alloc(16) };
    const keyManager = keyManagerOf([fakeNode({ ...own, encrypt: () => sealed })]);
    const { call, tried } = tracedCall();
    expect(keyManager.encrypt(key, plaintext, noAad, call)).toBe(sealed);
    expect(tried).toEqual(['own']);
  });

  it('that fails at once → fails at once, and whom it was tried on is told', () => {
    const decrypt = () => {
      throw new KeyManagerError('invalid-ciphertext', 'the tag does not match');
    };
    const keyManager = keyManagerOf([fakeNode({ ...own, decrypt })]);
    const { call, tried } = tracedCall();
    const sealed = { iv: Buffer.alloc(12), ciphertext: plaintext, tag: Buffer.alloc(16) };
    expect(() => keyManager.decrypt(key, sealed, noAad, call)).toThrow('the tag does not match');
    expect(tried).toEqual(['own: invalid-ciphertext']);
  });

  it('that fails at once beside another node → done by that one', async () => {
    const encrypt = () => {
      throw new KeyManagerError('internal', 'broken');
    };
    expect(await triedOn(keyManagerOf([fakeNode({ ...own, encrypt }), second]))).toEqual([
      'own: internal',
      'node-2',
    ]);
  });
});

describe('a call', () => {
  it('goes to the first node alone while that is well', async () => {
    const encrypt = watchedEncrypt();
    const keyManager = keyManagerOf([fakeNode(), fakeNode({ name: 'node-2', encrypt })]);
    expect(await triedOn(keyManager)).toEqual(['node-1']);
    expect(encrypt).not.toHaveBeenCalled();
  });

  it.each<KeyManagerErrorCode>([
    'unreachable',
    'misconfigured',
    'overloaded',
    'deadline',
    'internal',
    'key-not-found',
    'version-not-found',
  ])('goes to another node after %s', async (code) => {
    const keyManager = keyManagerOf([fakeNode({ encrypt: failing(code) }), second]);
    expect(await triedOn(keyManager)).toEqual([`node-1: ${code}`, 'node-2']);
  });

  it('finds no key when one node knows of none and the other fails', async () => {
    const nodes = [
      fakeNode({ encrypt: failing('key-not-found') }),
      fakeNode({ name: 'node-2', encrypt: failing('unreachable') }),
    ];
    await expect(encryptOn(nodes)).rejects.toMatchObject({ code: 'key-not-found' });
  });

  it('finds no key when two nodes know of none', async () => {
    const nodes = ['node-1', 'node-2'].map((name) =>
      fakeNode({ name, encrypt: failing('key-not-found') }),
    );
    await expect(encryptOn(nodes)).rejects.toMatchObject({ code: 'key-not-found' });
  });

  it.each<KeyManagerErrorCode>(['key-disabled', 'usage-denied', 'corrupt', 'unsupported'])(
    'goes to no other node after %s, which speaks of the request',
    async (code) => {
      const encrypt = watchedEncrypt();
      const nodes = [fakeNode({ encrypt: failing(code) }), fakeNode({ name: 'node-2', encrypt })];
      await expect(encryptOn(nodes)).rejects.toMatchObject({ code });
      expect(encrypt).not.toHaveBeenCalled();
    },
  );

  it('goes to another node when the first does not answer in its time', async () => {
    const nodes = [fakeNode({ encrypt: hanging }), second];
    const keyManager = keyManagerOf(nodes, { attemptTimeoutMs: 5 });
    expect(await triedOn(keyManager)).toEqual(['node-1: deadline', 'node-2']);
  });

  it('is tried on two nodes and no more', async () => {
    const third = watchedEncrypt();
    const nodes = [1, 2].map(() => fakeNode({ encrypt: failing('unreachable') }));
    await expect(encryptOn([...nodes, fakeNode({ encrypt: third })])).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(third).not.toHaveBeenCalled();
  });

  it('is not tried again when the deadline is too near', async () => {
    const encrypt = watchedEncrypt();
    const nodes = [fakeNode({ encrypt: hanging }), fakeNode({ encrypt })];
    await expect(encryptOn(nodes, 12)).rejects.toMatchObject({ code: 'deadline' });
    expect(encrypt).not.toHaveBeenCalled();
  });

  it.each(['describeKey', 'encrypt', 'decrypt'] as const)(
    'of %s that hangs on every node ends with the deadline',
    async (method) => {
      const keyManager = keyManagerOf([fakeNode({ [method]: hanging })]);
      const sealed = { iv: Buffer.alloc(12), ciphertext: plaintext, tag: Buffer.alloc(16) };
      const calls = {
        describeKey: () => keyManager.describeKey('key', calling(20)),
        encrypt: () => keyManager.encrypt(key, plaintext, noAad, calling(20)),
        decrypt: () => keyManager.decrypt(key, sealed, noAad, calling(20)),
      };
      await expect(calls[method]()).rejects.toMatchObject({ code: 'deadline' });
    },
  );
});

describe('a node that fails again and again', () => {
  it('is left alone, and tried last', async () => {
    const encrypt = failing('unreachable');
    const keyManager = keyManagerOf([fakeNode({ encrypt }), second], { breakAfterFailures: 3 });
    for (let call = 0; call < 10; call += 1) {
      expect((await triedOn(keyManager)).at(-1)).toBe('node-2');
    }
    expect(encrypt).toHaveBeenCalledTimes(3);
  });

  it('is refused at once where there is no other', async () => {
    const encrypt = failing('unreachable');
    const keyManager = keyManagerOf([fakeNode({ encrypt })], { breakAfterFailures: 3 });
    for (let call = 0; call < 5; call += 1) {
      await expect(
        keyManager.encrypt(key, plaintext, noAad, calling(LONG_MS)),
      ).rejects.toMatchObject({ code: 'unreachable' });
    }
    expect(encrypt).toHaveBeenCalledTimes(3);
  });

  it.each<KeyManagerErrorCode>(['misconfigured', 'internal'])(
    'at once, with %s for one key → serves all others',
    async (code) => {
      const encrypt: KeyManagerNode['encrypt'] = (asked, ...call) =>
        asked.externalKeyId === key.externalKeyId
          ? failing(code)()
          : fakeNode().encrypt(asked, ...call);
      const keyManager = keyManagerOf([fakeNode({ encrypt })], { breakAfterFailures: 1 });
      const encryptWith = (externalKeyId: string) =>
        keyManager.encrypt({ ...key, externalKeyId }, plaintext, noAad, calling(LONG_MS));
      for (let call = 0; call < 3; call += 1) {
        await expect(encryptWith(key.externalKeyId)).rejects.toMatchObject({ code });
      }
      await expect(encryptWith('another')).resolves.toBeDefined();
    },
  );

  it('comes back when one call has succeeded', async () => {
    let works = false;
    const encrypt: KeyManagerNode['encrypt'] = (...call) =>
      works ? fakeNode().encrypt(...call) : failing('unreachable')();
    const limits = { breakAfterFailures: 1, breakForMs: 5 };
    const keyManager = keyManagerOf([fakeNode({ encrypt }), second], limits);
    expect(await triedOn(keyManager)).toContain('node-2');
    works = true;
    await vi.waitFor(async () => {
      expect(await triedOn(keyManager)).toEqual(['node-1']);
    });
  });
});

describe('a ciphertext that a node refuses in words of doubt', () => {
  const sealed = { iv: Buffer.alloc(12), ciphertext: Buffer.from('bad'), tag: Buffer.alloc(16) };
  const decryptsAllBut = (bad: Buffer): KeyManagerNode['decrypt'] =>
    vi.fn<KeyManagerNode['decrypt']>((_key, { ciphertext }) =>
      ciphertext.equals(bad) ? failing('rejected')() : Promise.resolve(ciphertext),
    );

  it('is invalid when the node opens what it makes with the test key', async () => {
    const decrypt = decryptsAllBut(sealed.ciphertext);
    const keyManager = keyManagerOf([fakeNode({ decrypt }), second]);
    await expect(keyManager.decrypt(key, sealed, noAad, calling(LONG_MS))).rejects.toMatchObject({
      code: 'invalid-ciphertext',
    });
  });

  it('is taken to another node when this one cannot even do that', async () => {
    const decrypt = failing('rejected');
    const keyManager = keyManagerOf([fakeNode({ decrypt }), second]);
    const { call, tried } = tracedCall();
    expect(await keyManager.decrypt(key, sealed, noAad, call)).toEqual(sealed.ciphertext);
    expect(tried).toEqual(['node-1: unreachable', 'node-2']);
  });
});

describe('nodes in bad health', () => {
  const unwell = () => fakeNode({ checkHealth: () => Promise.resolve({ status: 'UNAVAILABLE' }) });

  it('get no call while another is well', async () => {
    const keyManager = keyManagerOf([unwell(), second]);
    await keyManager.health(after(LONG_MS));
    expect(await triedOn(keyManager)).toEqual(['node-2']);
  });

  it('are tried all the same when no node is well', async () => {
    const keyManager = keyManagerOf([unwell(), unwell()]);
    await keyManager.health(after(LONG_MS));
    expect(await triedOn(keyManager)).toHaveLength(1);
  });
});

describe('the health report', () => {
  it('has a line a node, in configured order', async () => {
    const detail = 'one key is damaged';
    const degraded = fakeNode({
      checkHealth: () => Promise.resolve({ status: 'DEGRADED', detail }),
    });
    expect(await keyManagerOf([degraded, second]).health(after(LONG_MS))).toEqual([
      {
        name: 'node-1',
        location: 'here',
        vendor: 'Nobody',
        model: 'Fake 1',
        status: 'DEGRADED',
        detail,
      },
      { name: 'node-2', location: 'here', vendor: 'Nobody', model: 'Fake 1', status: 'ACTIVE' },
    ]);
  });
});
