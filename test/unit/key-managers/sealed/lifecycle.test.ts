import { createSecretKey, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFileAtomically } from '../../../../src/durable/atomic-write.js';
import { arrival } from '../../../../src/key-managers/sealed/keys/key-acts.js';
import { masterKeyFrom } from '../../../../src/sealing/master-key.js';
import { Secret } from '../../../../src/shared/secret.js';
import { LastCopy } from '../../../../src/state/copy/last-copy.js';
import { canaries } from '../../../support/canaries.js';
import { currentRef, longDeadline, refusalOf } from '../../../support/key-folder.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { SEALED, type SealedReplica, sealedReplica } from '../../../support/sealed-keys.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { storeAway } from '../../../support/store-away.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.alloc(0);

async function bring({ ring }: SealedReplica, material: Buffer, version = 1, waits = false) {
  const key = await ring.known('k');
  await key.changes.change(arrival({ version, waits, key: createSecretKey(material) }));
}

/** Two replicas with the key `k`, and something that was encrypted with it. */
async function twoReplicas() {
  const memory = new MemoryState();
  const store = new MemoryStateStore(memory);
  const one = await sealedReplica(memory, { store });
  await one.administration.createKey('k', BOTH);
  const other = await sealedReplica(memory);
  const ref = await currentRef(one, 'k');
  const sealed = await one.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
  return { memory, store, one, other, ref, sealed };
}

describe('acts on sealed keys that replicas share', () => {
  it('both rotate from the same version at once → one new version, which both encrypt with', async () => {
    const { one, other } = await twoReplicas();
    await Promise.all([one, other].map(({ administration }) => administration.rotateKey('k', 1)));
    for (const replica of [one, other]) {
      expect(replica.ring.find('k')?.written.document.read().versions).toHaveLength(2);
      await expect.poll(async () => (await currentRef(replica, 'k')).version.version).toBe(2);
    }
  });

  it('one destroys a version → when that resolves, the other has dropped it, too', async () => {
    const { one, other, ref } = await twoReplicas();
    await one.administration.rotateKey('k', 1);
    await one.administration.destroyVersion('k', 1);
    expect(other.ring.find('k')?.description.versions.has(1)).toBe(false);
    expect(await refusalOf(() => other.ring.find('k')?.version(ref.version))).toBe(
      'version-not-found',
    );
    expect((await currentRef(other, 'k')).version.version).toBe(2);
  });

  it('one destroys a key → when that resolves, the other has dropped it, and nobody makes it anew', async () => {
    const { one, other, ref, sealed } = await twoReplicas();
    await one.administration.destroyKey('k');
    expect(other.ring.find('k')).toBeUndefined();
    const decrypting = async () => other.node.decrypt(ref, sealed, AAD, longDeadline());
    expect(await refusalOf(decrypting)).toBe('key-not-found');
    for (const id of ['k', 'K']) {
      expect(await refusalOf(other.administration.createKey(id, BOTH))).toBe('conflict');
    }
    await other.administration.destroyKey('k');
  });

  it('one destroys a key that the other is rotating → gone, and the rotation is refused', async () => {
    const { one, other } = await twoReplicas();
    const rotating = refusalOf(other.administration.rotateKey('k', 1));
    await one.administration.destroyKey('k');
    expect([undefined, 'key-not-found']).toContain(await rotating);
    expect(await refusalOf(other.administration.rotateKey('k', 9))).toBe('key-not-found');
  });

  it('the store away → a destruction is refused, nothing is lost, and it is done afterwards', async () => {
    const { one, store, ref, sealed } = await twoReplicas();
    const comeBack = storeAway(store);
    expect(await refusalOf(one.administration.destroyKey('k'))).toBe('unreachable');
    expect(await one.node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(canaries.plaintext);
    comeBack();
    await expect.poll(() => one.state.isInStep).toBe(true);
    await one.administration.destroyKey('k');
    expect(one.ring.find('k')).toBeUndefined();
  });

  it('every count forgotten, as after a recovery → imported material stops, and is not renewed', async () => {
    const memory = new MemoryState();
    const one = await sealedReplica(memory);
    await one.administration.createKey('k', BOTH, 'external');
    await bring(one, randomBytes(32));
    await one.close();
    memory.counters.clear();
    const again = await sealedReplica(memory);
    const ref = await currentRef(again, 'k');
    expect(ref.version.version).toBe(1);
    const encrypting = async () => again.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
    expect(await refusalOf(encrypting)).toBe('exhausted');
    const [summary] = await again.administration.listKeys();
    expect(summary).toMatchObject({ origin: 'external', problem: expect.any(String) });
    await bring(again, randomBytes(32), 2, true);
    await again.administration.rotateKey('k', 1);
    const next = await currentRef(again, 'k');
    expect(next.version.version).toBe(2);
    await again.node.encrypt(next, canaries.plaintext, AAD, longDeadline());
  });

  it('every count forgotten, and the record says no → not renewed at the start', async () => {
    const { memory, one, other } = await twoReplicas();
    await Promise.all([one.close(), other.close()]);
    memory.counters.clear();
    const again = await sealedReplica(memory, { mayRenew: () => false });
    expect((await currentRef(again, 'k')).version.version).toBe(1);
  });

  it('encryptions by another replica → counted in the summary of the key', async () => {
    const { one, other } = await twoReplicas();
    const summaries = await Promise.all(
      [one, other].map(({ administration }) => administration.summarizeKey('k')),
    );
    for (const summary of summaries) {
      expect(summary?.versions?.[0]?.encryptions).toBeGreaterThanOrEqual(2 * 65_536);
    }
  });
});

describe('the last copy on disk of a key that another replica has destroyed', () => {
  it('the copy of either → written again without it', async () => {
    const memory = new MemoryState();
    const folders = [temporaryFolder(), temporaryFolder()];
    const [one] = await Promise.all(
      folders.map((lastCopyIn) => sealedReplica(memory, { lastCopyIn })),
    );
    await one?.administration.createKey('k', BOTH);
    await one?.administration.destroyKey('k');
    const key = { key: new Secret(canaries.masterKey.toString('base64')) };
    for (const folder of folders) {
      const copy = new LastCopy(
        join(folder, 'state-copy.sealed'),
        masterKeyFrom(key, randomBytes),
        writeFileAtomically,
      );
      const documentOf = async () =>
        (await copy.read())?.documents.find(({ id }) => id === `${SEALED}/k`);
      // The next one by itself would be written after ten seconds.
      await expect.poll(documentOf).toMatchObject({ contents: undefined });
    }
  });
});
