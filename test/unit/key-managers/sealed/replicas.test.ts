import { describe, expect, it } from 'vitest';
import { sealedKeysIn, StateNames } from '../../../../src/key-managers/sealed/state/sealed-keys.js';
import type { KeyRef } from '../../../../src/key-managers/backend.js';
import { canaries } from '../../../support/canaries.js';
import { longDeadline, refusalOf } from '../../../support/key-folder.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { storeAway } from '../../../support/store-away.js';
import { SEALED, sealedReplica, type SealedReplica } from '../../../support/sealed-keys.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.from('what it belongs to');
const names = new StateNames(SEALED);

async function currentRef({ node }: SealedReplica, externalKeyId: string): Promise<KeyRef> {
  const { current } = await node.describeKey(externalKeyId, longDeadline());
  if (current === undefined) throw new Error(`${externalKeyId} has no current version`);
  return { externalKeyId, version: current };
}

async function encrypt(replica: SealedReplica, ref: KeyRef) {
  return replica.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
}

describe('two replicas at once', () => {
  it.each([
    ['the same id', 'payroll', 'payroll'],
    ['ids that differ by case', 'payroll', 'Payroll'],
  ])('create %s → one wins, and the other says conflict', async (_, first, second) => {
    const memory = new MemoryState();
    const replicas = [await sealedReplica(memory), await sealedReplica(memory)] as const;
    const results = await Promise.all([
      refusalOf(replicas[0].administration.createKey(first, BOTH)),
      refusalOf(replicas[1].administration.createKey(second, BOTH)),
    ]);
    expect(results.toSorted()).toEqual(['conflict', undefined].toSorted());
    const id = results[0] === undefined ? first : second;
    for (const replica of replicas) {
      const ref = await currentRef(replica, id);
      const sealed = await encrypt(replica, ref);
      for (const { node } of replicas) {
        expect(await node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(canaries.plaintext);
      }
    }
  });

  it('start where counts are unknown → one new version a key, for both', async () => {
    const memory = new MemoryState();
    const first = await sealedReplica(memory);
    await first.administration.createKey('payroll', BOTH);
    await first.close();
    memory.counters.clear();
    const replicas = await Promise.all([sealedReplica(memory), sealedReplica(memory)]);
    for (const replica of replicas) {
      await expect.poll(async () => (await currentRef(replica, 'payroll')).version.version).toBe(2);
      await encrypt(replica, await currentRef(replica, 'payroll'));
      expect(replica.log.lines().filter(({ level }) => level === 'error')).toEqual([]);
    }
    expect([...memory.documents.values()].filter(({ id }) => id === 'sealed/payroll')).toHaveLength(
      1,
    );
  });

  it('encrypt under one version → never more than its limit together', async () => {
    const memory = new MemoryState();
    const perVersion = 3 * 2 ** 16;
    const a = await sealedReplica(memory, { perVersion });
    await a.administration.createKey('payroll', BOTH);
    const b = await sealedReplica(memory, { perVersion });
    const c = await sealedReplica(memory, { perVersion });
    // The third takes the last block, and so it makes a version of which there is one for each.
    for (const replica of [a, b, c]) {
      await expect.poll(async () => (await currentRef(replica, 'payroll')).version.version).toBe(2);
      await encrypt(replica, await currentRef(replica, 'payroll'));
    }
    for (const drawn of memory.counters.values()) expect(drawn).toBeLessThanOrEqual(perVersion);
  });
});

describe('a replica that starts', () => {
  it('while another makes keys → knows each of them, those that were made while it opened others, too', async () => {
    const memory = new MemoryState();
    const passphrase = 'canary of a passphrase 5';
    const other = await sealedReplica(memory, { passphrase });
    const starting = sealedReplica(memory, { passphrase });
    const progress = { isStarted: false };
    void starting.then(() => (progress.isStarted = true));
    const made: string[] = [];
    while (!progress.isStarted) {
      const id = `key-${made.length}`;
      await other.administration.createKey(id, BOTH);
      made.push(id);
    }
    const here = await starting;
    for (const id of made) {
      expect(await here.node.describeKey(id, longDeadline())).toMatchObject({ enabled: true });
    }
  });
});

describe('a new version', () => {
  it('that a live replica does not know yet → the old one encrypts; then the new one', async () => {
    const memory = new MemoryState();
    const a = await sealedReplica(memory);
    await a.administration.createKey('payroll', BOTH);
    const store = new MemoryStateStore(memory);
    const b = await sealedReplica(memory, { store });
    await b.node.describeKey('payroll', longDeadline());
    const old = await currentRef(a, 'payroll');
    const comeBack = storeAway(store);
    await a.state.counters.forget(names.counter(old.version.materialName));
    const c = await sealedReplica(memory, { renewalMs: 0 });
    await expect
      .poll(async () => (await a.node.describeKey('payroll', longDeadline())).versions.size)
      .toBe(2);
    expect((await currentRef(a, 'payroll')).version.version).toBe(1);
    await encrypt(a, old);
    comeBack();
    for (const replica of [a, b, c]) {
      await expect.poll(async () => (await currentRef(replica, 'payroll')).version.version).toBe(2);
    }
  });
});

describe('a store that cannot be asked', () => {
  it('blocks in hand go on; what is not known is no refusal; used up → Encrypt alone ends', async () => {
    const memory = new MemoryState();
    const store = new MemoryStateStore(memory);
    const here = await sealedReplica(memory, { store });
    await here.administration.createKey('payroll', BOTH);
    const other = await sealedReplica(memory);
    await other.administration.createKey('hr', BOTH);
    await here.node.describeKey('hr', longDeadline());
    const ref = await currentRef(here, 'payroll');
    const sealed = await encrypt(here, ref);
    expect(here.administration.listingGap()).toBeUndefined();
    storeAway(store);
    await other.administration.createKey('new', BOTH);
    await encrypt(here, ref);
    await expect.poll(() => here.administration.listingGap()).toContain('cannot be asked');
    expect(await refusalOf(async () => here.node.describeKey('new', longDeadline()))).toBe(
      'internal',
    );
    const unknown = { ...ref, version: { version: 9, materialName: Buffer.alloc(8, 9) } };
    expect(
      await refusalOf(async () => here.node.decrypt(unknown, sealed, AAD, longDeadline())),
    ).toBe('internal');
    // Another's key, of which this replica has its first block, is used up.
    const foreign = await currentRef(here, 'hr');
    let refusal: string | undefined;
    for (let made = 0; made <= 2 ** 16 && refusal === undefined; made += 1) {
      refusal = await refusalOf(async () => encrypt(here, foreign));
    }
    expect(refusal).toBe('internal');
    expect(await here.node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(canaries.plaintext);
  });
});

describe('documents', () => {
  it('removed → the key is gone everywhere, and its id is never used again', async () => {
    const memory = new MemoryState();
    const a = await sealedReplica(memory);
    const b = await sealedReplica(memory);
    await a.administration.createKey('payroll', BOTH);
    await b.node.describeKey('payroll', longDeadline());
    const documents = sealedKeysIn(a.state);
    const name = names.document('payroll');
    await documents.remove(name, documents.get(name)?.revision ?? 0);
    for (const replica of [a, b]) {
      await expect
        .poll(() => refusalOf(async () => replica.node.describeKey('payroll', longDeadline())))
        .toBe('key-not-found');
      expect(await refusalOf(replica.administration.createKey('payroll', BOTH))).toBe('conflict');
    }
  });

  it('damaged → disables its own key and no other, and is never overwritten', async () => {
    const memory = new MemoryState();
    const first = await sealedReplica(memory);
    for (const id of ['payroll', 'hr']) await first.administration.createKey(id, BOTH);
    await first.close();
    const key = 'sealed-keys/sealed/payroll';
    const stored = [...memory.documents].find(([, { id }]) => id === 'sealed/payroll');
    if (stored === undefined) throw new Error(`${key} is there`);
    const contents = stored[1].contents
      ?.replace('"DECRYPT"]', ']')
      .replace('"ENCRYPT",', '"ENCRYPT"');
    memory.documents.set(stored[0], { ...stored[1], contents });
    const again = await sealedReplica(memory, { init: false });
    expect((await again.node.describeKey('payroll', longDeadline())).enabled).toBe(false);
    expect(await refusalOf(again.administration.createKey('payroll', BOTH))).toBe('corrupt');
    await encrypt(again, await currentRef(again, 'hr'));
    expect(memory.documents.get(stored[0])?.contents).toBe(contents);
  });

  it('sealed under another master key → the start is refused, and nothing is changed', async () => {
    const memory = new MemoryState();
    const first = await sealedReplica(memory);
    await first.close();
    const before = JSON.stringify([...memory.documents]);
    await expect(sealedReplica(memory, { masterKey: canaries.keyMaterial })).rejects.toMatchObject({
      code: 'misconfigured',
    });
    expect(JSON.stringify([...memory.documents])).toBe(before);
  });

  it('none, and nothing says that they may be begun → the start is refused', async () => {
    await expect(sealedReplica(new MemoryState(), { init: false })).rejects.toMatchObject({
      code: 'misconfigured',
    });
  });

  it('a version without its material → the others open what is theirs; it opens nothing', async () => {
    const memory = new MemoryState();
    const first = await sealedReplica(memory);
    await first.administration.createKey('payroll', BOTH);
    const old = await currentRef(first, 'payroll');
    const sealed = await encrypt(first, old);
    await first.close();
    memory.counters.clear();
    const second = await sealedReplica(memory);
    const ref = await currentRef(second, 'payroll');
    const kept = await encrypt(second, ref);
    await second.administration.destroyVersion('payroll', 1);
    const third = await sealedReplica(memory);
    for (const { node } of [second, third]) {
      await expect
        .poll(() => refusalOf(async () => node.decrypt(old, sealed, AAD, longDeadline())))
        .toBe('version-not-found');
      expect(await node.decrypt(ref, kept, AAD, longDeadline())).toEqual(canaries.plaintext);
    }
  });
});
