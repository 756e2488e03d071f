import { describe, expect, it, vi } from 'vitest';
import type { KeyStandings } from '../../../src/external-keys/standing.js';
import { KEY_STATES, type KeyState, STATE_TABLE } from '../../../src/external-keys/states.js';
import { untraced } from '../../../src/key-managers/key-manager.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';
import { decryptBody } from '../../support/xks-requests.js';
import { errorNameOf, makePipeline } from './harness.js';
import { call, encrypted, OPERATIONS } from './key-calls.js';

function inState(state: KeyState) {
  return makePipeline({}, undefined, { keyOf: () => ({ state }) });
}

describe.each(KEY_STATES)('a key that is %s', (state) => {
  it.each(OPERATIONS)('%s → what the table of states says', async (operation) => {
    const answer = STATE_TABLE[state].operations[operation];
    const pipeline = inState(state);
    const found = errorNameOf(await call(pipeline, 'key', operation));
    const allowed = operation === 'Decrypt' ? 'InvalidCiphertextException' : 'none';
    expect(found).toBe(answer === 'allowed' ? allowed : answer);
  });

  it('a state that refuses → the key manager is not asked', async () => {
    const pipeline = inState(state);
    const asked = vi.spyOn(pipeline.keyManager, 'describeKey');
    for (const operation of OPERATIONS) await call(pipeline, 'key', operation);
    const allowed = OPERATIONS.filter((each) => STATE_TABLE[state].operations[each] === 'allowed');
    expect(asked.mock.calls.length > 0).toBe(allowed.length > 0);
  });

  it('GetKeyMetadata → its key status', async () => {
    const answer = await call(inState(state), 'key', 'GetKeyMetadata');
    if (answer.status !== 200) return;
    expect(JSON.parse(answer.body)).toMatchObject({ keyStatus: STATE_TABLE[state].keyStatus });
  });
});

describe('a key that its key manager does not have yet', () => {
  it.each(['Creating', 'PendingImport'] as const)('%s → metadata of its record', async (state) => {
    const pipeline = makePipeline({}, undefined, {
      keyOf: () => ({ state, usage: new Set(['ENCRYPT', 'DECRYPT'] as const) }),
    });
    const answer = await call(pipeline, 'nowhere', 'GetKeyMetadata');
    expect(JSON.parse(answer.body)).toEqual({
      keySpec: 'AES_256',
      keyUsage: ['ENCRYPT', 'DECRYPT'],
      keyStatus: 'DISABLED',
    });
  });
});

describe('a version that waits for a rotation', () => {
  const waiting: Partial<KeyStandings> = { keyOf: () => ({ state: 'Enabled', waiting: 2 }) };

  it('Encrypt → with the version before it, though the key manager has it as the newest', async () => {
    const { handle, records } = makePipeline({}, undefined, waiting);
    expect((await call({ handle }, 'rotated', 'Encrypt')).status).toBe(200);
    expect(records[0]).toMatchObject({ keyVersion: 1 });
  });

  it('Encrypt, and none is before it → InvalidStateException', async () => {
    const { handle } = makePipeline({}, undefined, waiting);
    const answer = await call({ handle }, 'without-first', 'Encrypt');
    expect(errorNameOf(answer)).toBe('InvalidStateException');
  });

  it('Decrypt of what it has encrypted → opens', async () => {
    const made = await encrypted(makePipeline(), 'rotated');
    const pipeline = makePipeline({}, undefined, waiting);
    expect((await call(pipeline, 'rotated', 'Decrypt', decryptBody(made))).status).toBe(200);
  });
});

describe('what waits for its destruction', () => {
  const deletionAt = '2026-12-05T12:00:00.000Z';

  it('a key is asked for → people are told who asked, for an operation that uses it alone', async () => {
    const pipeline = makePipeline({}, undefined, {
      keyOf: () => ({ state: 'PendingDeletion', deletionAt }),
    });
    for (const operation of OPERATIONS) await call(pipeline, 'key', operation);
    const { name: keyManager } = pipeline.keyManager;
    const { awsPrincipalArn } = pipeline.records[1] ?? {};
    const told = { event: 'key-pending-deletion-used', keyManager, externalKeyId: 'key' };
    const asked = { keyStore: 'store', awsPrincipalArn, deletionAt };
    expect(pipeline.events).toMatchObject([
      { ...told, ...asked, operation: 'Encrypt' },
      { ...told, ...asked, operation: 'Decrypt' },
    ]);
  });

  it.each([
    [false, 'InvalidStateException', 1],
    [true, 'InvalidCiphertextException', 0],
  ])('a version, destroyed: %s → %s, and so many are told', async (isDestroyed, error, told) => {
    const retired = new Map([[2, { isDestroyed, deletionAt }]]);
    let standing: ReturnType<KeyStandings['keyOf']> = { state: 'Enabled' };
    const pipeline = makePipeline({}, undefined, { keyOf: () => standing });
    const body = decryptBody(await encrypted(pipeline, 'rotated'));
    expect((await call(pipeline, 'rotated', 'Decrypt', body)).status).toBe(200);
    standing = { state: 'Enabled', retired };
    expect(errorNameOf(await call(pipeline, 'rotated', 'Decrypt', body))).toBe(error);
    expect(pipeline.events).toHaveLength(told);
  });

  it.each([
    [false, 1],
    [true, 0],
  ])(
    'the newest version is gone, and the one before it was retired, destroyed: %s → nothing is encrypted',
    async (isDestroyed, told) => {
      const retired = new Map([[1, { isDestroyed, deletionAt }]]);
      const pipeline = makePipeline({}, undefined, {
        keyOf: () => ({ state: 'Enabled', retired }),
      });
      expect(errorNameOf(await call(pipeline, 'key', 'Encrypt'))).toBe('InvalidStateException');
      expect(pipeline.events).toHaveLength(told);
    },
  );

  it('a version was retired that its key manager still encrypts with → the newer one encrypts', async () => {
    const pipeline = makePipeline({}, undefined, {
      keyOf: () => ({
        state: 'Enabled',
        retired: new Map([[1, { isDestroyed: false, deletionAt }]]),
      }),
    });
    const { keyManager } = pipeline;
    const settled = await keyManager.describeKey(
      'rotated',
      untraced(Deadline.after(systemClock, 60_000)),
    );
    const first = settled.versions.get(1);
    vi.spyOn(keyManager, 'describeKey').mockResolvedValue({ ...settled, current: first });
    expect((await call(pipeline, 'rotated', 'Encrypt')).status).toBe(200);
    expect(pipeline.records[0]).toMatchObject({ keyVersion: 2 });
    expect(pipeline.events).toEqual([]);
  });

  it('a version is used → noted by what it was used for', async () => {
    const pipeline = makePipeline();
    const body = decryptBody(await encrypted(pipeline, 'rotated'));
    expect([...pipeline.uses.of('rotated').keys()]).toEqual([2]);
    expect(pipeline.uses.of('rotated').get(2)).not.toHaveProperty('decrypted');
    await call(pipeline, 'rotated', 'Decrypt', body);
    expect(pipeline.uses.of('rotated').get(2)).toHaveProperty('decrypted');
  });
});

describe('a destroyed key that its key manager has again', () => {
  it.each(['GetKeyMetadata', 'Encrypt', 'Decrypt'] as const)(
    '%s → KeyNotFoundException, and it is noted that somebody has asked',
    async (operation) => {
      const asked: string[] = [];
      const pipeline = makePipeline({}, undefined, {
        keyOf: () => ({ state: 'Destroyed' }),
        destroyedAsked: (id) => asked.push(id),
      });
      const { status } = await call(pipeline, 'key', operation);
      expect({ status, asked }).toEqual({ status: 404, asked: ['key'] });
    },
  );
});

describe('a key of which another replica knows more', () => {
  it.each([
    ['made just now', 'Creating'],
    ['enabled just now', 'Disabled'],
  ] as const)('%s → asked for once, and used', async (_, before) => {
    let state: KeyState = before;
    const pipeline = makePipeline({}, undefined, {
      keyOf: () => ({ state }),
      caughtUp: () => {
        state = 'Enabled';
        return Promise.resolve();
      },
    });
    expect((await call(pipeline, 'key', 'Encrypt')).status).toBe(200);
  });

  it('an alias made just now → found', async () => {
    let isThere = false;
    const pipeline = makePipeline({}, undefined, {
      aliasOf: (id) =>
        isThere && id === 'alias'
          ? { keyStore: 'store', enabled: true, targets: ['key'] }
          : undefined,
      caughtUp: () => {
        isThere = true;
        return Promise.resolve();
      },
    });
    expect((await call(pipeline, 'alias', 'Encrypt')).status).toBe(200);
  });
});
