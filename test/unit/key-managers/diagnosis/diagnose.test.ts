import { describe, expect, it } from 'vitest';
import {
  HEALTH_TEST_KEY_ID,
  type KeyAdministration,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeySummary,
  type Sealed,
} from '../../../../src/key-managers/backend.js';
import type { MaybePromise } from '../../../../src/key-managers/maybe-promise.js';
import { diagnose, type StartedNode } from '../../../../src/key-managers/diagnosis/diagnose.js';
import {
  type Check,
  isSound,
  type NodeDiagnosis,
} from '../../../../src/key-managers/diagnosis/finding.js';
import { untraced } from '../../../../src/key-managers/key-manager.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { MemoryKeyManager, type MemoryKey } from '../../../support/memory-key-manager.js';
import { fakeNode, FakeClock } from '../nodes/fake-node.js';

/** What a node in memory has, unless a test says otherwise: the test key, and keys that work. */
interface NodeOptions {
  readonly testKey?: MemoryKey;
  readonly listed?: readonly KeySummary[];
  readonly overrides?: Partial<KeyManagerNode>;
}

function memoryNode(name: string, options: NodeOptions = {}): StartedNode {
  const { testKey = {}, listed = [], overrides } = options;
  const memory = new MemoryKeyManager({ [HEALTH_TEST_KEY_ID]: testKey });
  const node = fakeNode({
    name,
    describeKey: (externalKeyId, deadline) => memory.describeKey(externalKeyId, untraced(deadline)),
    encrypt: (key, plaintext, aad, deadline) =>
      memory.encrypt(key, plaintext, aad, untraced(deadline)),
    decrypt: (key, sealed, aad, deadline) => memory.decrypt(key, sealed, aad, untraced(deadline)),
    ...overrides,
  });
  const administration: KeyAdministration = { listKeys: () => Promise.resolve(listed) };
  return { node, administration };
}

function summary(externalKeyId: string, fields: Partial<KeySummary> = {}): KeySummary {
  const version = { version: 1, materialName: Buffer.alloc(8) };
  const versions = new Map([[1, version]]);
  const description = { externalKeyId, usage: new Set<never>(), enabled: true, versions };
  return { description: { ...description, current: version }, ...fields };
}

const diagnosed = (...nodes: StartedNode[]) =>
  diagnose(nodes, { clock: systemClock, deadlineMs: 140 });

/** The checks that did not come out well, with their outcomes. */
function remarkable(diagnosis: NodeDiagnosis | undefined): readonly string[] {
  const findings = diagnosis?.findings ?? [];
  return findings.flatMap(({ check, outcome }) =>
    outcome === 'ok' ? [] : [`${check} ${outcome}`],
  );
}

function detailOf(diagnosis: NodeDiagnosis | undefined, check: Check): string | undefined {
  return diagnosis?.findings.find((finding) => finding.check === check)?.detail;
}

const refusing = (code: KeyManagerErrorCode) => () =>
  Promise.reject(new KeyManagerError(code, 'so says the node'));

describe('one node', () => {
  it('that is well → sound, with every check in its order', async () => {
    const nodes = await diagnosed(
      memoryNode('a', { listed: [summary('k', { encryptionsLeft: 2 ** 31 })] }),
    );
    expect(isSound(nodes)).toBe(true);
    expect(nodes[0]?.findings.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'start ok',
      'answer ok',
      'test-key ok',
      'round-trip ok',
      'ivs ok',
      'keys ok',
      'encryptions-left ok',
      'health ok',
    ]);
  });

  it.each<KeyManagerErrorCode>(['unreachable', 'misconfigured', 'overloaded', 'internal'])(
    'that answers %s → its own words beside what they mean, and nothing further is asked of it',
    async (code) => {
      const down = refusing(code);
      const checkHealth = () => Promise.resolve({ status: 'UNAVAILABLE' } as const);
      const [node, ...rest] = await diagnosed(
        memoryNode('a', { overrides: { describeKey: down, encrypt: down, checkHealth } }),
      );
      expect(rest).toEqual([]);
      expect(node?.status).toBe('UNAVAILABLE');
      expect(remarkable(node)).toEqual([
        'answer failed',
        'test-key skipped',
        'round-trip skipped',
        'ivs skipped',
        'keys skipped',
        'encryptions-left skipped',
        'health failed',
      ]);
      const finding = node?.findings.find(({ check }) => check === 'answer');
      expect(finding).toMatchObject({ code, detail: 'so says the node' });
      expect(finding).toHaveProperty('meaning');
      expect(finding).toHaveProperty('advice');
    },
  );

  it.each<[string, MemoryKey | undefined, KeyManagerErrorCode]>([
    ['missing', undefined, 'key-not-found'],
    ['without a version', { versions: [] }, 'key-disabled'],
  ])(
    'whose test key is %s → the node answers, and its keys are listed',
    async (_, testKey, code) => {
      const missing = { overrides: { describeKey: refusing('key-not-found') } };
      const [node] = await diagnosed(
        memoryNode('a', testKey === undefined ? missing : { testKey }),
      );
      expect(remarkable(node)).toEqual([
        'test-key failed',
        'round-trip skipped',
        'ivs skipped',
        'encryptions-left skipped',
      ]);
      expect(node?.findings.find(({ check }) => check === 'test-key')).toMatchObject({ code });
    },
  );

  it('that takes longer than a request may → failed, although it works', async () => {
    const clock = new FakeClock();
    const { node, administration } = memoryNode('a');
    const slow: KeyManagerNode = {
      ...node,
      encrypt(...args) {
        clock.elapsedMs += 200;
        return node.encrypt(...args);
      },
    };
    const nodes = await diagnose([{ node: slow, administration }], { clock, deadlineMs: 140 });
    expect(nodes[0]?.status).toBe('ACTIVE');
    expect(isSound(nodes)).toBe(false);
    expect(remarkable(nodes[0])).toContain('round-trip failed');
    expect(nodes[0]?.findings).toContainEqual(expect.objectContaining({ tookMs: 200 }));
  });

  it('that encrypts twice with one IV → failed, although its health check is content', async () => {
    const { node, administration } = memoryNode('a');
    let first: MaybePromise<Sealed> | undefined;
    const repeating: KeyManagerNode = {
      ...node,
      encrypt: (...args) => (first ??= node.encrypt(...args)),
    };
    const nodes = await diagnosed({ node: repeating, administration });
    expect(remarkable(nodes[0])).toContain('ivs failed');
    expect(isSound(nodes)).toBe(false);
  });

  it('that cannot open its own → the round trip fails', async () => {
    const [node] = await diagnosed(
      memoryNode('a', { overrides: { decrypt: refusing('rejected') } }),
    );
    expect(remarkable(node)).toEqual(expect.arrayContaining(['round-trip failed', 'ivs skipped']));
  });

  it('with keys that cannot be used → each by name, with its reason', async () => {
    const { description } = summary('disabled');
    const listed = [
      summary('fine'),
      summary('damaged', { problem: 'its document is no JSON' }),
      { description: { ...description, enabled: false } },
    ];
    const nodes = await diagnosed(memoryNode('a', { listed }));
    expect(detailOf(nodes[0], 'keys')).toBe(
      '3, of which 2 cannot be used: damaged (its document is no JSON), disabled (disabled)',
    );
    expect(isSound(nodes)).toBe(true);
  });

  it('with a key that has few encryptions left → a warning that names it', async () => {
    const listed = [
      summary('most', { encryptionsLeft: 2 ** 31 }),
      summary('few', { encryptionsLeft: 9_999 }),
    ];
    const [node] = await diagnosed(memoryNode('a', { listed }));
    expect(remarkable(node)).toEqual(['encryptions-left warning']);
    expect(detailOf(node, 'encryptions-left')).toContain('9,999 for few');
  });

  it('that may not list its keys → the list is skipped, and still sound', async () => {
    const { node } = memoryNode('a');
    const listKeys = refusing('misconfigured');
    const nodes = await diagnosed({ node, administration: { listKeys } });
    expect(remarkable(nodes[0])).toEqual(['keys skipped', 'encryptions-left skipped']);
    expect(isSound(nodes)).toBe(true);
  });

  it('that is DEGRADED → not sound', async () => {
    const checkHealth = () => Promise.resolve({ status: 'DEGRADED', detail: 'tired' } as const);
    const nodes = await diagnosed(memoryNode('a', { overrides: { checkHealth } }));
    expect(detailOf(nodes[0], 'health')).toBe('DEGRADED: tired');
    expect(isSound(nodes)).toBe(false);
  });
});

describe('several nodes', () => {
  /** The right name, and other material behind it. */
  function impostor(name: string): StartedNode {
    const { node, administration } = memoryNode(name);
    const twisted = (aad: Buffer) => Buffer.concat([aad, Buffer.from('twist')]);
    return {
      node: {
        ...node,
        encrypt: (key, plaintext, aad, deadline) =>
          node.encrypt(key, plaintext, twisted(aad), deadline),
        decrypt: (key, sealed, aad, deadline) => node.decrypt(key, sealed, twisted(aad), deadline),
      },
      administration,
    };
  }

  it('of one material → each opens what the others sealed', async () => {
    const nodes = await diagnosed(memoryNode('a'), memoryNode('b'), memoryNode('c'));
    expect(isSound(nodes)).toBe(true);
    expect(detailOf(nodes[1], 'other-nodes')).toBe('it opens what a, c sealed');
  });

  it.each([
    ['under a name of its own', memoryNode('b', { testKey: { versions: [2] } })],
    ['under the same name', impostor('b')],
  ])(
    'one with other material %s → it alone is blamed, and the others say so',
    async (_, foreign) => {
      const nodes = await diagnosed(memoryNode('a'), foreign, memoryNode('c'));
      expect(nodes.map(({ status }) => status)).toEqual(['ACTIVE', 'UNAVAILABLE', 'ACTIVE']);
      expect(remarkable(nodes[1])).toContain('other-nodes failed');
      expect(detailOf(nodes[1], 'other-nodes')).toContain('it cannot open what a, c sealed');
      expect(detailOf(nodes[0], 'other-nodes')).toBe(
        'it opens what c sealed; not what b did, which has other material',
      );
      expect(remarkable(nodes[0])).not.toContain('other-nodes failed');
    },
  );

  it('one that is dead → the others are compared without it', async () => {
    const down = refusing('unreachable');
    const checkHealth = () => Promise.resolve({ status: 'UNAVAILABLE' } as const);
    const dead = memoryNode('b', { overrides: { describeKey: down, checkHealth } });
    const nodes = await diagnosed(memoryNode('a'), dead, memoryNode('c'));
    expect(detailOf(nodes[0], 'other-nodes')).toBe('it opens what c sealed');
    expect(remarkable(nodes[1])).toContain('other-nodes skipped');
  });

  it('one that cannot open because it fails → its failure, not its material', async () => {
    const { node, administration } = memoryNode('b');
    let own = 0;
    const failing: KeyManagerNode = {
      ...node,
      decrypt: (...args) => ((own += 1) > 3 ? refusing('unreachable')() : node.decrypt(...args)),
    };
    const nodes = await diagnosed(memoryNode('a'), { node: failing, administration });
    const finding = nodes[1]?.findings.find(({ check }) => check === 'other-nodes');
    expect(finding).toMatchObject({ outcome: 'failed', code: 'unreachable' });
  });
});
