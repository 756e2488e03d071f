import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKey } from '../../../src/external-keys/lifecycle/create-key.js';
import { deleteImportedMaterial } from '../../../src/external-keys/lifecycle/delete-material.js';
import { importMaterial } from '../../../src/external-keys/lifecycle/import-material.js';
import { importParameters } from '../../../src/external-keys/lifecycle/import-parameters.js';
import type { OfferedMaterial } from '../../../src/external-keys/lifecycle/import-target.js';
import { disableKey, enableKey } from '../../../src/external-keys/lifecycle/set-key-enabled.js';
import { Ceremony, FIRST, SECOND } from '../../support/import-ceremony.js';
import { ALL_CAPABILITIES, BEGIN } from '../../support/lifecycle.js';
import { BY_AES_2048, OAEP_2048, wrap } from '../../support/wrapping-pair.js';

const HOUR_MS = 3_600_000;

const codeOf = (code: string) => ({ name: 'LifecycleError', code });

describe('a key that is not for ENCRYPT', () => {
  it.each([{ usage: ['DECRYPT'] as const }, { usage: [] as const }])(
    'with the usage $usage → not made for an import, and nothing of it is left',
    async ({ usage }) => {
      const { replica } = await Ceremony.begin();
      const wanted = { externalKeyId: 'other', usage: new Set(usage), origin: 'external' } as const;
      const creation = createKey(replica.lifecycle, wanted, 'ann');
      await expect(creation).rejects.toMatchObject({
        ...codeOf('unsupported'),
        message: expect.stringContaining('Create a key with the usage ENCRYPT,DECRYPT') as string,
      });
      expect(replica.records.documentOf('other')).toBeUndefined();
    },
  );

  it('made by an earlier version → no wrapping key is made for it', async () => {
    const { replica, keys } = await Ceremony.begin();
    const { value, revision } = replica.records.keyRecordOf('key') ?? expect.unreachable();
    await replica.records.put({ ...value, usage: ['DECRYPT'] }, revision);
    const parameters = importParameters(replica.lifecycle, 'key', OAEP_2048, 'ann');
    await expect(parameters).rejects.toMatchObject(codeOf('unsupported'));
    expect(keys.wrappingKeys.size).toBe(0);
  });
});

describe('the first import', () => {
  it.each([OAEP_2048, BY_AES_2048])(
    'material by $wrappingAlgorithm → PendingImport becomes Enabled, and the key is that material',
    async (way) => {
      const ceremony = await Ceremony.begin();
      expect(ceremony.state).toBe('PendingImport');
      await ceremony.bring(FIRST, {}, way);
      expect(ceremony.state).toBe('Enabled');
      expect(await ceremony.materialOf(1)).toEqual(FIRST);
      expect(ceremony.record?.intent).toBeUndefined();
      expect(ceremony.record?.importTokens).toEqual([]);
      expect(ceremony.keys.wrappingKeys.size).toBe(0);
      expect(ceremony.replica.events).toContainEqual(
        expect.objectContaining({ event: 'key-imported', keyVersion: 1, by: 'ann' }),
      );
    },
  );

  it('Enabled by imported material → gets no material that nobody asked for', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    ceremony.keys.makeElsewhere('found');
    expect(ceremony.replica.records.mayRenew('key')).toBe(false);
    expect(ceremony.replica.records.mayRenew('found')).toBe(true);
    await disableKey(ceremony.replica.lifecycle, 'found', 'ann');
    expect(ceremony.replica.records.mayRenew('found')).toBe(false);
  });

  it.each([16, 31, 33, 64])(
    '%i bytes → invalid, nothing is imported, the token is spent',
    async (size) => {
      const ceremony = await Ceremony.begin();
      await expect(ceremony.bring(randomBytes(size))).rejects.toMatchObject(codeOf('invalid'));
      expect(ceremony.state).toBe('PendingImport');
      expect(ceremony.record?.importTokens).toEqual([]);
      expect(ceremony.keys.wrappingKeys.size).toBe(0);
      await ceremony.bring(FIRST);
      expect(ceremony.state).toBe('Enabled');
    },
  );

  it('a file of another length → invalid before anything is done, and the token stays', async () => {
    const ceremony = await Ceremony.begin();
    const { publicKey, importToken } = await ceremony.parameters();
    await expect(ceremony.offer({ wrapped: FIRST, importToken })).rejects.toThrow(/32 bytes.*256/);
    await ceremony.offer({ wrapped: wrap(OAEP_2048, publicKey, FIRST), importToken });
    expect(ceremony.state).toBe('Enabled');
  });

  it('a key whose material is generated → unsupported', async () => {
    const ceremony = await Ceremony.begin();
    ceremony.keys.makeElsewhere('found');
    await expect(ceremony.parameters('found')).rejects.toMatchObject(codeOf('unsupported'));
  });

  it('a way that the key manager does not have → unsupported, with the ways that it has', async () => {
    const ceremony = await Ceremony.begin();
    const way = { ...OAEP_2048, wrappingKeySpec: 'RSA_4096' } as const;
    await expect(ceremony.parameters('key', way)).rejects.toThrow(/It unwraps: RSAES_OAEP/);
  });

  it('a key that was disabled meanwhile → disabled still', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    await disableKey(ceremony.replica.lifecycle, 'key', 'ann');
    await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann');
    expect(ceremony.state).toBe('PendingImport');
    await expect(enableKey(ceremony.replica.lifecycle, 'key', 'ann')).rejects.toMatchObject(
      codeOf('invalid-state'),
    );
    await ceremony.bring(FIRST);
    expect(ceremony.state).toBe('Disabled');
  });
});

describe('an import token', () => {
  async function offeredFor(ceremony: Ceremony, id = 'key'): Promise<OfferedMaterial> {
    const { publicKey, importToken } = await ceremony.parameters(id);
    return { wrapped: wrap(OAEP_2048, publicKey, FIRST), importToken };
  }

  it('used twice → invalid the second time', async () => {
    const ceremony = await Ceremony.begin();
    const offered = await offeredFor(ceremony);
    await ceremony.offer(offered);
    await expect(ceremony.offer(offered)).rejects.toMatchObject(codeOf('invalid'));
  });

  it('used by two replicas at once → one imports', async () => {
    const ceremony = await Ceremony.begin();
    const other = await ceremony.anotherReplica();
    const offered = await offeredFor(ceremony);
    const outcomes = await Promise.allSettled([
      ceremony.offer(offered),
      importMaterial(other.lifecycle, 'key', offered, 'bob'),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ceremony.keys.done.filter((act) => act === 'import key')).toHaveLength(1);
  });

  it('of another key → invalid, and it names that key', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.create('other');
    const offered = await offeredFor(ceremony, 'other');
    await expect(ceremony.offer(offered)).rejects.toThrow(/of another key, other/);
  });

  it('with material under another wrapping key → invalid', async () => {
    const ceremony = await Ceremony.begin();
    const { importToken } = await ceremony.parameters();
    const wrapped = randomBytes(256);
    await expect(ceremony.offer({ wrapped, importToken })).rejects.toMatchObject(codeOf('invalid'));
  });

  it.each([
    [24 * HOUR_MS - 1, 'imported'],
    [24 * HOUR_MS, 'invalid'],
  ])('%i ms after it was made → %s', async (afterMs, outcome) => {
    const ceremony = await Ceremony.begin();
    const offered = await offeredFor(ceremony);
    ceremony.nowMs += afterMs;
    const result = await ceremony.offer(offered).then(
      () => 'imported',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
    expect(result).toBe(outcome);
  });

  it('the eleventh that nobody uses → conflict, and no wrapping key is made', async () => {
    const ceremony = await Ceremony.begin();
    for (let made = 0; made < 10; made += 1) await ceremony.parameters();
    await expect(ceremony.parameters()).rejects.toMatchObject(codeOf('conflict'));
    expect(ceremony.keys.wrappingKeys.size).toBe(10);
  });

  it('is not in the record, its hash is', async () => {
    const ceremony = await Ceremony.begin();
    const { importToken } = await ceremony.parameters();
    const text = JSON.stringify(ceremony.record);
    expect(text).not.toContain(importToken.toString('base64'));
    expect(text).not.toContain(importToken.toString('hex'));
    expect(ceremony.record?.importTokens).toHaveLength(1);
  });

  it('whose record cannot be written → its wrapping key is destroyed', async () => {
    const ceremony = await Ceremony.begin();
    const other = await ceremony.anotherReplica();
    const outcomes = await Promise.allSettled([
      ceremony.parameters(),
      importParameters(other.lifecycle, 'key', OAEP_2048, 'bob'),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ceremony.keys.wrappingKeys.size).toBe(1);
  });
});

describe('importing again', () => {
  it('the same material → the same version with the same name', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    const witness = ceremony.record?.imports?.[0]?.witness;
    await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann');
    expect(await ceremony.materialOf(1)).toBeUndefined();
    await ceremony.bring(FIRST);
    expect(ceremony.state).toBe('Enabled');
    expect(await ceremony.materialOf(1)).toEqual(FIRST);
    expect(ceremony.record?.imports).toMatchObject([{ version: 1, witness }]);
  });

  it('other material → conflict, and the key stays PendingImport', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann');
    await expect(ceremony.bring(SECOND)).rejects.toMatchObject(codeOf('conflict'));
    expect(ceremony.state).toBe('PendingImport');
    expect(await ceremony.materialOf(1)).toBeUndefined();
  });

  it('the same material while it is there → another date; other material → conflict', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST, { expiresAt: new Date(BEGIN + HOUR_MS) });
    await expect(ceremony.bring(SECOND)).rejects.toMatchObject(codeOf('conflict'));
    await ceremony.bring(FIRST);
    ceremony.nowMs += HOUR_MS;
    expect(ceremony.state).toBe('Enabled');
  });

  it('where the key manager takes none again → unsupported, in its own words', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    const instead = 'Import it as a new key.';
    const capabilities = { ...ALL_CAPABILITIES, 'import-again': { can: false, instead } } as const;
    const { publicKey, importToken } = await ceremony.parameters();
    const wrapped = wrap(OAEP_2048, publicKey, FIRST);
    const { lifecycle } = await ceremony.anotherReplica({ capabilities });
    await expect(importMaterial(lifecycle, 'key', { wrapped, importToken }, 'bob')).rejects.toThrow(
      instead,
    );
    await expect(deleteImportedMaterial(lifecycle, 'key', 'bob')).rejects.toThrow(instead);
    const expiresAt = new Date(BEGIN + HOUR_MS);
    await expect(
      importMaterial(
        lifecycle,
        'key',
        { wrapped, importToken, newVersion: true, expiresAt },
        'bob',
      ),
    ).rejects.toThrow(instead);
  });
});
