import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeNssToken, nssModule } from '../../support/nss.js';
import {
  currentRef,
  longDeadline,
  type OpenedToken,
  openToken,
  type OpenOptions,
  refusalOf,
  type TestToken,
} from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { actOnToken } from '../../support/token-tool.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.from('of the life of a key');
const PLAINTEXT = Buffer.alloc(32, 7);
const VERSIONED = { keyId: '{externalKeyId}:{version}', children: 2 };

type RemovableToken = TestToken & { remove(): void };

describe('the life of a key', () => {
  describeWithModule('in SoftHSM', softHsmModule, () => {
    suite(makeSoftHsmToken);
  });

  describeWithModule('in NSS softokn', nssModule, () => {
    suite(makeNssToken);
  });
});

function suite(makeToken: () => Promise<RemovableToken>) {
  let token: RemovableToken;
  let manager: OpenedToken;
  let replica: OpenedToken;

  beforeAll(async () => {
    token = await makeToken();
    manager = await open(token, 'one');
    replica = await open(token, 'another');
  });

  afterAll(async () => {
    await Promise.all([manager, replica].map(({ node }) => node.close()));
    token.remove();
  });

  async function madeKey(versions = 1): Promise<string> {
    const externalKeyId = `life-${randomUUID()}`;
    const { administration } = manager;
    await administration.createKey(externalKeyId, BOTH);
    for (let from = 1; from < versions; from += 1) {
      await administration.rotateKey?.(externalKeyId, from);
    }
    return externalKeyId;
  }

  const objectsOf = async (externalKeyId: string) =>
    (await actOnToken(token)).filter(({ label }) => label === externalKeyId).map(({ id }) => id);

  it('rotated, and again from the same version → one version more, which encrypts', async () => {
    const id = await madeKey();
    const old = await currentRef(manager, id);
    const sealed = await manager.node.encrypt(old, PLAINTEXT, AAD, longDeadline());
    const once = await manager.administration.rotateKey?.(id, 1);
    const again = await replica.administration.rotateKey?.(id, 1);
    for (const summary of [once, again]) {
      expect(summary?.description.current?.version).toBe(2);
      expect(summary?.versions).toMatchObject([
        { version: 1, material: 'present' },
        { version: 2, material: 'present' },
      ]);
    }
    expect(once?.versions?.map(({ encryptions }) => encryptions)).toEqual([65_536, 65_536]);
    expect(once?.versions?.every(({ createdAt }) => createdAt !== undefined)).toBe(true);
    expect(await objectsOf(id)).toEqual(expect.arrayContaining([`${id}:1`, `${id}:2`]));
    const { version } = await currentRef(manager, id);
    const next = { externalKeyId: id, version };
    const made = await manager.node.encrypt(next, PLAINTEXT, AAD, longDeadline());
    expect(await replica.node.decrypt(next, made, AAD, longDeadline())).toEqual(PLAINTEXT);
    expect(await replica.node.decrypt(old, sealed, AAD, longDeadline())).toEqual(PLAINTEXT);
  });

  it('rotated by two processes at once → one version more or none, never two of one', async () => {
    const id = await madeKey();
    for (let from = 1; from < 4; from += 1) {
      await Promise.allSettled(
        [manager, replica].map(async ({ administration }) => administration.rotateKey?.(id, from)),
      );
      const versions = await objectsOf(id);
      expect(new Set(versions).size).toBe(versions.length);
      expect(versions.length - from).toBeLessThanOrEqual(1);
      await manager.administration.rotateKey?.(id, from);
      expect(await objectsOf(id)).toHaveLength(from + 1);
    }
    expect(await refusalOf(replica.node.describeKey(id, longDeadline()))).toBeUndefined();
  });

  it('a version that an operator added without CKA_ENCRYPT → waits, and encrypts when rotated to', async () => {
    const id = await madeKey();
    await actOnToken(token, ['generate', { label: id, id: `${id}:2`, encrypt: false }]);
    const before = (await manager.administration.listKeys()).find(
      ({ description }) => description.externalKeyId === id,
    );
    expect(before?.description.current?.version).toBe(1);
    const after = await manager.administration.rotateKey?.(id, 1);
    expect(after?.description.current?.version).toBe(2);
    expect(after?.versions?.map(({ material }) => material)).toEqual(['present', 'present']);
    expect(await objectsOf(id)).toHaveLength(2);
  });

  it('what is not there, and from a version to come → told apart', async () => {
    const id = await madeKey();
    const { administration } = manager;
    expect(await refusalOf(administration.rotateKey?.('none', 1))).toBe('key-not-found');
    expect(await refusalOf(administration.rotateKey?.(id, 2))).toBe('conflict');
  });

  it('a version in the middle destroyed → opens nowhere, the others do; once more → nothing', async () => {
    const id = await madeKey(3);
    const { versions } = await manager.node.describeKey(id, longDeadline());
    const sealed = await Promise.all(
      [...versions.values()].map(async (version) => {
        const ref = { externalKeyId: id, version };
        // Both replicas hold handles of every version.
        const made = await replica.node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
        await manager.node.decrypt(ref, made, AAD, longDeadline());
        return { ref, made };
      }),
    );
    await manager.administration.destroyVersion?.(id, 2);
    await manager.administration.destroyVersion?.(id, 2);
    expect((await objectsOf(id)).sort()).toEqual([`${id}:1`, `${id}:3`]);
    for (const { node } of [manager, replica]) {
      for (const { ref, made } of sealed) {
        const refusal = await refusalOf(node.decrypt(ref, made, AAD, longDeadline()));
        if (ref.version.version === 2) expect(refusal).toMatch(/^(version|key)-not-found$/);
        else expect(refusal).toBeUndefined();
      }
    }
  });

  it('a key destroyed → gone for every replica, and one that begins like it is not', async () => {
    const id = await madeKey(2);
    const other = `${id}1`;
    await manager.administration.createKey(other, BOTH);
    const ref = await currentRef(replica, id);
    const sealed = await replica.node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    await manager.administration.destroyKey?.(id);
    await manager.administration.destroyKey?.(id);
    expect(await objectsOf(id)).toEqual([]);
    expect(await objectsOf(other)).toEqual([`${other}:1`]);
    for (const { node } of [manager, replica]) {
      const opened = node.decrypt(ref, sealed, AAD, longDeadline());
      expect(await refusalOf(opened)).toMatch(/^(version|key)-not-found$/);
    }
  });

  it('twins of one version → destroyed together', async () => {
    const id = await madeKey();
    await actOnToken(token, ['generate', { label: id, id: `${id}:1` }]);
    await manager.administration.destroyKey?.(id);
    expect(await objectsOf(id)).toEqual([]);
  });

  it('the health-test key → neither rotated nor destroyed', async () => {
    const { administration } = manager;
    const id = 'holdfast-health-test';
    expect(await refusalOf(administration.destroyKey?.(id))).toBe('unsupported');
    expect(await refusalOf(administration.rotateKey?.(id, 1))).toBe('unsupported');
    expect(await objectsOf(id)).toHaveLength(1);
  });

  it('names without a version → there is no rotation, also none by a schedule', async () => {
    const plain = await makeToken();
    onTestFinished(() => {
      plain.remove();
    });
    const unversioned = await openToken(plain, {});
    onTestFinished(() => unversioned.node.close());
    await unversioned.administration.createKey('k', BOTH);
    expect(unversioned.administration).not.toHaveProperty('rotateKey');
    await unversioned.administration.destroyVersion?.('k', 1);
    expect(await actOnToken(plain)).toHaveLength(1);
  });
}

function open(token: TestToken, name: string, options: OpenOptions = {}): Promise<OpenedToken> {
  const countersDirectory = join(token.folder, `counters-${name}`);
  const config = { ...VERSIONED, countersDirectory, ...options.config };
  return openToken(token, { ...options, config });
}
