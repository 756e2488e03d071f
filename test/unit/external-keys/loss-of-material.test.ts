import { describe, expect, it } from 'vitest';
import { deleteImportedMaterial } from '../../../src/external-keys/lifecycle/delete-material.js';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { Ceremony, FIRST, SECOND } from '../../support/import-ceremony.js';
import { BEGIN } from '../../support/lifecycle.js';

const NOBODY: ReadonlySet<string> = new Set();
const HOUR_MS = 3_600_000;
const codeOf = (code: string) => ({ name: 'LifecycleError', code });

describe('material that expires', () => {
  it('use ends at the date exactly, and not before', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST, { expiresAt: new Date(BEGIN + HOUR_MS) });
    ceremony.nowMs = BEGIN + HOUR_MS - 1;
    expect(ceremony.state).toBe('Enabled');
    ceremony.nowMs += 1;
    expect(ceremony.state).toBe('PendingImport');
    await ceremony.bring(FIRST);
    expect(ceremony.state).toBe('Enabled');
  });

  it('a date that has passed → invalid, and the token stays', async () => {
    const ceremony = await Ceremony.begin();
    await expect(ceremony.bring(FIRST, { expiresAt: new Date(BEGIN) })).rejects.toMatchObject(
      codeOf('invalid'),
    );
    expect(ceremony.record?.importTokens).toHaveLength(1);
  });
});

describe('deleting imported material', () => {
  it('every version → gone at the key manager, PendingImport, told to people', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    await ceremony.bring(SECOND, { newVersion: true });
    await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann');
    expect(await ceremony.materialOf(1)).toBeUndefined();
    expect(await ceremony.materialOf(2)).toBeUndefined();
    expect(ceremony.state).toBe('PendingImport');
    const destroyed = ceremony.replica.events.find(({ event }) => event === 'key-destroyed');
    expect(destroyed).toMatchObject({
      by: 'ann',
      materialNames: [expect.any(String), expect.any(String)],
    });
    await expect(
      deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann'),
    ).rejects.toMatchObject(codeOf('invalid-state'));
  });

  it('before the first version is gone → every replica refuses the key', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    const other = await ceremony.anotherReplica();
    const states: string[] = [];
    ceremony.keys.losing = (act) => {
      if (act === 'destroy-version') states.push(other.records.keyOf('key').state, ceremony.state);
      return undefined;
    };
    await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann');
    expect(states).toEqual(['PendingImport', 'PendingImport']);
  });
});

describe('a crash', () => {
  const STEPS = [
    ['import', 'before', 'PendingImport'],
    ['import', 'after', 'Enabled'],
    ['destroy-wrapping-key', 'before', 'Enabled'],
    ['destroy-wrapping-key', 'after', 'Enabled'],
  ] as const;

  it.each(STEPS)(
    'at the step %s, %s it is done → %s after the next start',
    async (act, lost, state) => {
      const ceremony = await Ceremony.begin();
      ceremony.loseOnce(act, lost);
      await expect(ceremony.bring(FIRST)).rejects.toMatchObject(codeOf('unfinished'));
      const next = await ceremony.anotherReplica();
      await next.lifecycle.finishAbandoned(NOBODY);
      expect(next.records.keyOf('key').state).toBe(state);
      expect(next.records.keyRecordOf('key')?.value.intent).toBeUndefined();
      expect(ceremony.keys.wrappingKeys.size).toBe(0);
      expect(await ceremony.materialOf(1)).toEqual(state === 'Enabled' ? FIRST : undefined);
      const { imports = [] } = next.records.keyRecordOf('key')?.value ?? {};
      expect(imports).toHaveLength(state === 'Enabled' ? 1 : 0);
    },
  );

  it('while the witness is made → the next start makes it', async () => {
    const ceremony = await Ceremony.begin();
    const encrypt = ceremony.keys.encrypt.bind(ceremony.keys);
    ceremony.keys.encrypt = () => Promise.reject(new KeyManagerError('unreachable', 'away'));
    await expect(ceremony.bring(FIRST)).rejects.toMatchObject(codeOf('unfinished'));
    ceremony.keys.encrypt = encrypt;
    await ceremony.replica.lifecycle.finishAbandoned(NOBODY);
    expect(ceremony.state).toBe('Enabled');
    await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann');
    await expect(ceremony.bring(SECOND)).rejects.toMatchObject(codeOf('conflict'));
  });

  it('while material is offered again → the date stays as it was', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST, { expiresAt: new Date(BEGIN + HOUR_MS) });
    ceremony.loseOnce('import', 'before');
    await expect(ceremony.bring(SECOND)).rejects.toMatchObject(codeOf('unfinished'));
    await ceremony.replica.lifecycle.finishAbandoned(NOBODY);
    expect(ceremony.record?.imports?.[0]?.expiresAt).toBe(new Date(BEGIN + HOUR_MS).toISOString());
  });

  it.each(['before', 'after'] as const)(
    'while a version is destroyed, %s → refused at once, and gone after the next start',
    async (lost) => {
      const ceremony = await Ceremony.begin();
      await ceremony.bring(FIRST);
      ceremony.loseOnce('destroy-version', lost);
      await expect(
        deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann'),
      ).rejects.toMatchObject(codeOf('unfinished'));
      expect(ceremony.state).toBe('PendingImport');
      await ceremony.replica.lifecycle.finishAbandoned(NOBODY);
      expect(ceremony.state).toBe('PendingImport');
      expect(await ceremony.materialOf(1)).toBeUndefined();
      expect(ceremony.record?.imports).toMatchObject([{ version: 1, destroyed: { by: 'ann' } }]);
      expect(
        ceremony.replica.events.filter(({ event }) => event === 'key-destroyed'),
      ).toMatchObject([
        { extent: 'imported-material', materialNames: [expect.any(String)], by: 'ann' },
      ]);
    },
  );
});
