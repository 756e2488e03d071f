import { describe, expect, it, vi } from 'vitest';
import type { KeyAdministration, KeySummary } from '../../../src/key-managers/backend.js';
import { sampleEncryptionsLeft } from '../../../src/composition/key-managers.js';

const current = { version: 3, materialName: Buffer.alloc(8) };
const counted: KeySummary = {
  description: {
    externalKeyId: 'payroll',
    usage: new Set(['ENCRYPT']),
    enabled: true,
    current,
    versions: new Map([[3, current]]),
  },
  encryptionsLeft: 17,
};

function sample(administrations: Record<string, KeyAdministration>) {
  const keyManagers = Object.entries(administrations).map(
    ([name, administration]) => [name, { administration }] as const,
  );
  return sampleEncryptionsLeft(new Map(keyManagers));
}

describe('sampleEncryptionsLeft', () => {
  const listKeys = () => Promise.resolve([counted]);

  it('a key manager that cannot list its keys → the others are told all the same', async () => {
    const away = () => Promise.reject(new Error('the HSM is away'));
    const samples = await sample({
      hsm: { countsEncryptions: true, listKeys: away },
      files: { countsEncryptions: true, listKeys },
    });
    expect(samples).toEqual([
      { keyManager: 'files', externalKeyId: 'payroll', keyVersion: 3, encryptionsLeft: 17 },
    ]);
  });

  it('a key manager that does not count → its keys are not listed', async () => {
    const watched = vi.fn(listKeys);
    expect(await sample({ vault: { listKeys: watched } })).toEqual([]);
    expect(watched).not.toHaveBeenCalled();
  });
});
