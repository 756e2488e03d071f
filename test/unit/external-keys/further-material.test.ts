import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { deleteImportedMaterial } from '../../../src/external-keys/lifecycle/delete-material.js';
import { rotateKey } from '../../../src/external-keys/lifecycle/rotate-key.js';
import { Ceremony, FIRST, SECOND } from '../../support/import-ceremony.js';
import { BEGIN } from '../../support/lifecycle.js';

const HOUR_MS = 3_600_000;

const codeOf = (code: string) => ({ name: 'LifecycleError', code });

describe('further material', () => {
  it.each([true, false])(
    'waits for a rotation, whether the key manager can wait (%s) → the one before it encrypts',
    async (canWait) => {
      const ceremony = await Ceremony.begin();
      ceremony.keys.canWait = canWait;
      await ceremony.bring(FIRST);
      await ceremony.bring(SECOND, { newVersion: true });
      expect(ceremony.replica.records.keyOf('key')).toMatchObject({ state: 'Enabled', waiting: 2 });
      const { value } = await rotateKey(ceremony.replica.lifecycle, 'key', 'ann');
      expect(value.imports).toMatchObject([{ version: 1 }, { version: 2 }]);
      expect(ceremony.replica.records.keyOf('key').waiting).toBeUndefined();
      expect(await ceremony.materialOf(2)).toEqual(SECOND);
      expect(ceremony.replica.events).toContainEqual(
        expect.objectContaining({ event: 'key-rotated', keyVersion: 2 }),
      );
    },
  );

  it('the import is not recorded yet → it waits all the same', async () => {
    const ceremony = await Ceremony.begin();
    ceremony.keys.canWait = false;
    await ceremony.bring(FIRST);
    ceremony.loseOnce('import', 'after');
    await expect(ceremony.bring(SECOND, { newVersion: true })).rejects.toMatchObject(
      codeOf('unfinished'),
    );
    expect(ceremony.record?.imports).toMatchObject([{ version: 1 }]);
    expect(ceremony.replica.records.keyOf('key')).toMatchObject({ state: 'Enabled', waiting: 2 });
  });

  it('a replica that does not follow the state → nothing is imported before it does', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    const settled = () => Promise.reject(new KeyManagerError('unreachable', 'it does not follow'));
    ceremony.replica = await ceremony.anotherReplica({ settled });
    await expect(ceremony.bring(SECOND, { newVersion: true })).rejects.toMatchObject(
      codeOf('unfinished'),
    );
    expect(await ceremony.materialOf(2)).toBeUndefined();
    await ceremony.replica.lifecycle.finishAbandoned(new Set());
    expect(ceremony.record).toMatchObject({ imports: [{ version: 1 }] });
    expect(ceremony.record?.intent).toBeUndefined();
  });

  it('a second one while one waits → conflict', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    await ceremony.bring(SECOND, { newVersion: true });
    await expect(ceremony.bring(randomBytes(32), { newVersion: true })).rejects.toMatchObject(
      codeOf('conflict'),
    );
  });

  it('a rotation while none waits, or the one that does has expired → refused in words', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    const rotation = () => rotateKey(ceremony.replica.lifecycle, 'key', 'ann');
    await expect(rotation()).rejects.toThrow(/none waits for a rotation/);
    await ceremony.bring(SECOND, { newVersion: true, expiresAt: new Date(BEGIN + HOUR_MS) });
    ceremony.nowMs += HOUR_MS;
    await expect(rotation()).rejects.toMatchObject(codeOf('invalid-state'));
    expect(ceremony.state).toBe('Enabled');
    expect(ceremony.keys.done).not.toContain('rotate key');
  });

  it('a version of two is missing → PendingImport until it is named and back', async () => {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST);
    await ceremony.bring(SECOND, { newVersion: true });
    await rotateKey(ceremony.replica.lifecycle, 'key', 'ann');
    await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann');
    await expect(ceremony.bring(FIRST)).rejects.toThrow(/version 1, 2/);
    await ceremony.bring(FIRST, { version: 1 });
    expect(ceremony.state).toBe('PendingImport');
    await expect(ceremony.bring(FIRST)).rejects.toMatchObject(codeOf('conflict'));
    await ceremony.bring(SECOND);
    expect(ceremony.state).toBe('Enabled');
  });
});
