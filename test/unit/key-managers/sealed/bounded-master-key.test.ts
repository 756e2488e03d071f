import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { boundedMasterKey } from '../../../../src/key-managers/sealed/state/bounded-master-key.js';
import { masterKeyFrom } from '../../../../src/sealing/master-key.js';
import { DEFAULT_SCRYPT_COST } from '../../../../src/sealing/scrypt-parameters.js';
import { Secret } from '../../../../src/shared/secret.js';
import { canaries } from '../../../support/canaries.js';

const salted = (n: number) => ({
  salt: Buffer.alloc(16, n).toString('base64'),
  ...DEFAULT_SCRYPT_COST,
});

/** One that derives nothing, and counts what it was asked. */
function counting() {
  const given = masterKeyFrom(
    { key: new Secret(canaries.masterKey.toString('base64')) },
    randomBytes,
  );
  const asked: unknown[] = [];
  const derive: typeof given.derive = (parameters) => {
    asked.push(parameters);
    return given.derive(undefined);
  };
  return { masterKey: boundedMasterKey({ ...given, derive }), asked };
}

it('documents with ever more salts → 16 of them are derived, and those go on', async () => {
  const { masterKey, asked } = counting();
  for (let n = 0; n < 16; n += 1) await masterKey.derive(salted(n));
  for (let n = 16; n < 40; n += 1) {
    await expect(masterKey.derive(salted(n))).rejects.toMatchObject({ code: 'wrong-master-key' });
  }
  await masterKey.derive(salted(3));
  expect(asked).toHaveLength(17);
});

it('a document that asks for more memory than Holdfast seals with → nothing is derived', async () => {
  const { masterKey, asked } = counting();
  const costly = { ...salted(1), N: 2 ** 18 } as const;
  await expect(masterKey.derive(costly)).rejects.toMatchObject({ code: 'wrong-master-key' });
  expect(asked).toEqual([]);
});
