import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { statementsOf } from '../../../src/audit/statements.js';
import type { StatementSigner } from '../../../src/external-keys/certificates.js';
import { deleteImportedMaterial } from '../../../src/external-keys/lifecycle/delete-material.js';
import { createKey } from '../../../src/external-keys/lifecycle/create-key.js';
import { destroyKey } from '../../../src/external-keys/lifecycle/destroy-key.js';
import {
  cancelDeletion,
  scheduleDeletion,
} from '../../../src/external-keys/lifecycle/schedule-deletion.js';
import { adoptKey } from '../../../src/external-keys/lifecycle/update-key.js';
import { rotateKey } from '../../../src/external-keys/lifecycle/rotate-key.js';
import type { KeyAdministration } from '../../../src/key-managers/backend.js';
import { noteSigner } from '../../../src/transparency-log/signed-note.js';
import { Ceremony, FIRST } from '../../support/import-ceremony.js';
import { lifecycleReplica } from '../../support/lifecycle.js';
import { LivingKeys, type LostCall } from '../../support/living-keys.js';
import { MemoryState } from '../../support/memory-state-store.js';
import { DAY_MS, ManualClock, scheduledReplica } from '../../support/scheduled-replica.js';

const WANTED = {
  externalKeyId: 'key',
  usage: new Set(['ENCRYPT', 'DECRYPT'] as const),
  origin: 'generated',
} as const;

async function parts(signer?: StatementSigner) {
  const memory = new MemoryState();
  const keys = new LivingKeys();
  const clock = new ManualClock();
  const replica = await scheduledReplica(memory, keys, clock, signer && { signer });
  await createKey(replica.lifecycle, WANTED, 'ann');
  return { memory, keys, clock, ...replica };
}

describe('scheduleDeletion', () => {
  it('a key → PendingDeletion at once; cancelled → Disabled', async () => {
    const { lifecycle, records } = await parts();
    const { value } = await scheduleDeletion(lifecycle, 'key', 7, 'ann');
    expect(value.deletion).toMatchObject({ days: 7, dueAt: '2026-12-05T12:00:00.000Z' });
    expect(records.keyOf('key').state).toBe('PendingDeletion');
    await cancelDeletion(lifecycle, 'key');
    expect(records.keyRecordOf('key')?.value.deletion).toBeUndefined();
    expect(records.keyOf('key').state).toBe('Disabled');
  });

  it('a key that was made elsewhere → refused until it is adopted', async () => {
    const { lifecycle, keys } = await parts();
    keys.makeElsewhere('found');
    await expect(scheduleDeletion(lifecycle, 'found', 7, 'ann')).rejects.toThrow(/adopt/);
    await adoptKey(lifecycle, 'found', 'ann');
    const { value } = await scheduleDeletion(lifecycle, 'found', 7, 'ann');
    expect(value.state).toBe('PendingDeletion');
  });

  it.each([6, 31, 7.5, 0, -7, Number.NaN])('%d days → invalid', async (days) => {
    const { lifecycle, records } = await parts();
    await expect(scheduleDeletion(lifecycle, 'key', days, 'ann')).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(records.keyOf('key').state).toBe('Enabled');
  });

  it('a key manager that cannot destroy keys → unsupported, in words', async () => {
    const { memory } = await parts();
    const keys = new LivingKeys();
    const cannot: KeyAdministration = { ...keys.administration };
    delete cannot.destroyKey;
    keys.makeElsewhere('other');
    const { lifecycle } = await lifecycleReplica(memory, keys, {
      ownsKeys: true,
      keyManager: {
        name: 'living',
        administration: cannot,
        describeKeyAnew: (id, call) => keys.describeKeyAnew(id, call),
        encrypt: (ref, plaintext, aad, call) => keys.encrypt(ref, plaintext, aad, call),
      },
    });
    await expect(scheduleDeletion(lifecycle, 'other', 7, 'ann')).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('destruction', () => {
  it('date and measured time have passed → Destroyed, remembered for ever, told', async () => {
    const alone = await parts();
    const { lifecycle, records, keys, events } = alone;
    await rotateKey(lifecycle, 'key', 'ann');
    await scheduleDeletion(lifecycle, 'key', 7, 'bob');
    await alone.elapse(7.1 * DAY_MS);
    const record = records.keyRecordOf('key')?.value;
    expect(record).toMatchObject({
      state: 'Destroyed',
      destruction: {
        waited: { scheduled: { by: 'bob' }, days: 7 },
        materials: [{ version: 1 }, { version: 2 }],
        done: { by: 'schedule' },
      },
    });
    expect(record?.intent).toBeUndefined();
    expect(await keys.administration.listKeys()).toEqual([]);
    expect(events.at(-1)).toMatchObject({ event: 'key-destroyed', by: 'bob' });
    await expect(createKey(lifecycle, WANTED, 'ann')).rejects.toThrow(/never used again/);
    await expect(cancelDeletion(lifecycle, 'key')).rejects.toMatchObject({ code: 'invalid-state' });
  });

  it('the date is set forward → not destroyed', async () => {
    const { lifecycle, records, clock, round } = await parts();
    await scheduleDeletion(lifecycle, 'key', 7, 'ann');
    await round();
    clock.setForward(400 * DAY_MS);
    await round();
    clock.pass(60_000);
    await round();
    expect(records.keyOf('key').state).toBe('PendingDeletion');
  });

  it('cancelled when the period is nearly over → never destroyed', async () => {
    const alone = await parts();
    await scheduleDeletion(alone.lifecycle, 'key', 7, 'ann');
    await alone.elapse(6.9 * DAY_MS);
    await cancelDeletion(alone.lifecycle, 'key');
    await alone.elapse(1 * DAY_MS);
    expect(alone.records.keyOf('key').state).toBe('Disabled');
    expect(alone.keys.done).not.toContain('destroy key');
  });

  it.each(['before', 'after'] as const)(
    'the call to destroy is lost %s it is done → Destroyed at once, finished by another replica',
    async (lost: LostCall) => {
      const alone = await parts();
      await scheduleDeletion(alone.lifecycle, 'key', 7, 'ann');
      alone.keys.losing = (act) => (act === 'destroy' ? lost : undefined);
      await alone.elapse(7.1 * DAY_MS);
      expect(alone.records.keyOf('key').state).toBe('Destroyed');
      expect(alone.records.keyRecordOf('key')?.value.destruction?.done).toBeUndefined();
      alone.keys.losing = () => undefined;
      await alone.state.close();
      const other = await scheduledReplica(alone.memory, alone.keys, alone.clock);
      await other.round();
      expect(other.records.keyRecordOf('key')?.value).toMatchObject({
        destruction: { materials: [{ version: 1 }], done: { by: 'schedule' } },
      });
      expect(await alone.keys.administration.listKeys()).toEqual([]);
    },
  );

  it('another replica has not applied it → the key manager is not asked before it has', async () => {
    const alone = await parts();
    let settle: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const keys = alone.keys;
    const slow = await lifecycleReplica(alone.memory, keys, { settled: () => held });
    const record = slow.records.keyRecordOf('key');
    if (record === undefined) throw new Error('the key has a record');
    const destroyed = destroyKey(slow.lifecycle, record, 'ann');
    await expect.poll(() => slow.records.keyOf('key').state).toBe('Destroyed');
    expect(keys.done).not.toContain('destroy key');
    settle();
    await destroyed;
    expect(keys.done).toContain('destroy key');
  });
});

describe('the certificate of destruction', () => {
  function signer(privateKey: KeyObject) {
    const note = noteSigner('host/holdfast-audit', privateKey);
    return statementsOf(note, () => Promise.resolve('host/holdfast-audit\n3\nroot=\n'));
  }

  it('a destroyed key → a JWS of the key of the audit log, which every replica has', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const alone = await parts(signer(privateKey));
    await scheduleDeletion(alone.lifecycle, 'key', 7, 'bob');
    await alone.elapse(7.1 * DAY_MS);
    const other = await scheduledReplica(alone.memory, alone.keys, alone.clock);
    const jws = other.lifecycle.ports.certificates.of('living', 'key') ?? '';
    const { payload, protectedHeader } = await compactVerify(jws, publicKey);
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', typ: 'holdfast-destruction+json' });
    const [material] = alone.records.keyRecordOf('key')?.value.destruction?.materials ?? [];
    expect(JSON.parse(Buffer.from(payload).toString('utf8'))).toMatchObject({
      iss: 'host/holdfast-audit',
      sub: 'living/key',
      externalKeyId: 'key',
      materials: [material],
      created: { by: 'ann' },
      askedFor: { by: 'bob', days: 7 },
      auditLog: { checkpoint: 'host/holdfast-audit\n3\nroot=\n' },
    });
    expect(alone.events.at(-1)).toMatchObject({ certificate: 'holdfast keys certificate key' });
  });

  it('imported material that was deleted → one, which the next deletion replaces', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const ceremony = await Ceremony.begin();
    ceremony.replica = await ceremony.anotherReplica({ signer: signer(privateKey) });
    const read = async () => {
      const jws = ceremony.replica.lifecycle.ports.certificates.of('living', 'key') ?? '';
      const { payload } = await compactVerify(jws, publicKey);
      return JSON.parse(Buffer.from(payload).toString('utf8')) as unknown;
    };
    for (const by of ['ann', 'bob']) {
      await ceremony.bring(FIRST);
      await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', by);
      expect(await read()).toMatchObject({
        extent: 'imported-material',
        materials: [{ version: 1, materialName: expect.any(String) }],
        askedFor: { by, days: 0 },
        beyondReach: { places: expect.arrayContaining([expect.stringContaining('brought it')]) },
      });
      ceremony.nowMs += 1_000;
    }
    expect(ceremony.replica.events.at(-1)).toMatchObject({
      certificate: 'holdfast keys certificate key',
    });
  });

  it('no audit log → none, and the event names none', async () => {
    const alone = await parts();
    await scheduleDeletion(alone.lifecycle, 'key', 7, 'bob');
    await alone.elapse(7.1 * DAY_MS);
    expect(alone.lifecycle.ports.certificates.of('living', 'key')).toBeUndefined();
    expect(alone.events.at(-1)).not.toHaveProperty('certificate', expect.any(String));
  });
});
