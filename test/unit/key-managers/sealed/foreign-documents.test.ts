import { describe, expect, it } from 'vitest';
import type { KeyRef } from '../../../../src/key-managers/backend.js';
import { StateNames } from '../../../../src/key-managers/sealed/state/sealed-keys.js';
import { canaries } from '../../../support/canaries.js';
import { longDeadline, refusalOf } from '../../../support/key-folder.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
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

describe('a document that somebody without the master key', () => {
  it.each([
    ['without its newest version', (_contents: string, earlier: string) => earlier],
    [
      'without the material of a version',
      (contents: string) =>
        contents.replace('"format":1', '"format":2').replace(/,"material":"[^"]+"/, ''),
    ],
    [
      'with another usage',
      (contents: string) => contents.replace('["ENCRYPT","DECRYPT"]', '["DECRYPT"]'),
    ],
    [
      'under another salt',
      (contents: string) => {
        const scrypt = { salt: Buffer.alloc(16).toString('base64'), N: 2 ** 20, r: 8, p: 1 };
        return contents.replace(/("masterKeyId":"\w+")/, `$1,"scrypt":${JSON.stringify(scrypt)}`);
      },
    ],
  ])('has put there %s → the key goes on as it was', async (_, change) => {
    const memory = new MemoryState();
    const first = await sealedReplica(memory);
    await first.administration.createKey('payroll', BOTH);
    await first.close();
    const document = () => [...memory.documents].find(([, { id }]) => id === 'sealed/payroll')?.[1];
    const earlier = document()?.contents ?? '';
    memory.counters.clear();
    const replica = await sealedReplica(memory);
    const ref = await currentRef(replica, 'payroll');
    expect(ref.version.version).toBe(2);
    const sealed = await encrypt(replica, ref);
    const stored = document();
    if (stored?.contents === undefined) throw new Error('the document is there');
    await new MemoryStateStore(memory).put({
      ...stored,
      contents: change(stored.contents, earlier),
      replaces: stored.revision,
    });
    await replica.node.describeKeyAnew?.('payroll', longDeadline());
    expect((await replica.node.checkHealth(longDeadline())).status).toBe('DEGRADED');
    expect((await currentRef(replica, 'payroll')).version).toEqual(ref.version);
    await encrypt(replica, ref);
    expect(await replica.node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(
      canaries.plaintext,
    );
  });

  it('has put back as it was before a destruction → is refused by replicas that know of that', async () => {
    const memory = new MemoryState();
    const replica = await sealedReplica(memory);
    await replica.administration.createKey('payroll', BOTH);
    await replica.administration.createKey('hr', BOTH);
    const payroll = await currentRef(replica, 'payroll');
    const sealed = await encrypt(replica, payroll);
    await replica.administration.rotateKey('payroll', 1);
    const before = new Map([...memory.documents.values()].map((stored) => [stored.id, stored]));
    await replica.administration.destroyVersion('payroll', 1);
    await replica.administration.destroyKey('hr');
    const later = await sealedReplica(memory);
    const thief = new MemoryStateStore(memory);
    for (const id of ['sealed/payroll', 'sealed/hr']) {
      const stored = before.get(id);
      const now = await thief.get({ collection: 'sealed-keys', id });
      if (stored === undefined || now === undefined) throw new Error(`${id} is there`);
      await thief.put({ ...stored, replaces: now.revision });
    }
    for (const each of [replica, later]) {
      await each.node.describeKeyAnew?.('hr', longDeadline());
      const open = async () => each.node.decrypt(payroll, sealed, AAD, longDeadline());
      expect(await refusalOf(open)).toBe('version-not-found');
      expect(await each.node.describeKey('hr', longDeadline())).toMatchObject({ enabled: false });
      expect((await each.node.checkHealth(longDeadline())).status).toBe('DEGRADED');
      await encrypt(each, await currentRef(each, 'payroll'));
    }
  });
});

describe('a count that somebody has lowered in the store', () => {
  it('below what a replica has taken → the version makes no more, and a new one takes over', async () => {
    const memory = new MemoryState();
    const replica = await sealedReplica(memory);
    await replica.administration.createKey('payroll', BOTH);
    const ref = await currentRef(replica, 'payroll');
    memory.counters.set(names.counter(ref.version.materialName), 0);
    for (let made = 0; made <= 2 ** 15; made += 1) await encrypt(replica, ref);
    await expect.poll(async () => (await currentRef(replica, 'payroll')).version.version).toBe(2);
  });
});
