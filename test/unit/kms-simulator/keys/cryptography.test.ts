import { describe, expect, it } from 'vitest';
import type { Encrypted, Use } from '../../../../src/kms-simulator/keys/cryptography.js';
import {
  KEY_STORE,
  openKeys,
  STRANGER,
  type TestKeys,
  useOf,
} from '../../../support/kms-simulator/key-ring.js';
import { ACCOUNT, callOf } from '../../../support/kms-simulator/key-stores.js';

const PLAINTEXT = Buffer.from('account 4711');
const CONTEXT = { Department: 'Payroll', Stage: 'test' };
const EXTERNAL = { customKeyStoreId: KEY_STORE, xksKeyId: 'material' };

/** An ordinary key, and a ciphertext under it. */
async function encrypted(context: Readonly<Record<string, string>> = CONTEXT) {
  const test = await openKeys();
  const key = await test.make();
  const ciphertext = await test.cryptography.encrypt(key.id, PLAINTEXT, useOf({ context }));
  return { ...test, key, ciphertext };
}

async function refusal({ cryptography }: TestKeys, blob: Buffer, use: Use, keyName?: string) {
  return cryptography.decrypt(blob, keyName, use).then(
    () => 'opened',
    (error: unknown) => (error as Error).name,
  );
}

/** The blob with a bit of a byte turned. */
function turned({ blob }: Encrypted, at: number): Buffer {
  const other = Buffer.from(blob);
  const index = at < 0 ? other.length + at : at;
  other.writeUInt8(other.readUInt8(index) ^ 1, index);
  return other;
}

describe('a ciphertext of an ordinary key', () => {
  it('with the context in another order, with and without the key’s name → opens', async () => {
    const { cryptography, keys, key, ciphertext } = await encrypted();
    const context = { Stage: 'test', Department: 'Payroll' };
    for (const name of [undefined, key.id, keys.arnOf(key)]) {
      const use = useOf({ context });
      const opened = await cryptography.decrypt(ciphertext.blob, name, use);
      expect(opened).toEqual({
        plaintext: PLAINTEXT,
        keyArn: keys.arnOf(key),
        materialId: ciphertext.materialId,
      });
      expect(use.used).toEqual([{ arn: keys.arnOf(key) }]);
    }
  });

  it.each([
    ['none', {}],
    ['a pair less', { Department: 'Payroll' }],
    ['a pair more', { ...CONTEXT, More: '' }],
    ['another value', { ...CONTEXT, Stage: 'Test' }],
    ['name and value cut elsewhere', { Department: 'Payroll', Stag: 'etest' }],
  ])('with another context (%s) → InvalidCiphertextException', async (_, context) => {
    const test = await encrypted();
    const found = await refusal(test, test.ciphertext.blob, useOf({ context }));
    expect(found).toBe('InvalidCiphertextException');
  });

  it.each([
    ['its magic', 0],
    ['the name of its material', 32],
    ['its sealed bytes', -20],
    ['its last byte', -1],
  ])('with a bit of %s turned → InvalidCiphertextException', async (_, at) => {
    const test = await encrypted();
    const found = await refusal(test, turned(test.ciphertext, at), useOf({ context: CONTEXT }));
    expect(found).toBe('InvalidCiphertextException');
  });

  it('cut anywhere → InvalidCiphertextException, and never a fault', async () => {
    const test = await encrypted();
    const { blob } = test.ciphertext;
    const found = new Set<string>();
    for (let length = 0; length < blob.length; length += 1) {
      found.add(await refusal(test, blob.subarray(0, length), useOf({ context: CONTEXT })));
    }
    expect([...found]).toEqual(['InvalidCiphertextException']);
  });

  it('with the id of another key in its place → does not open under that', async () => {
    const test = await encrypted({});
    const other = await test.make();
    const second = await test.cryptography.encrypt(other.id, PLAINTEXT, useOf());
    const blob = Buffer.concat([second.blob.subarray(0, 32), test.ciphertext.blob.subarray(32)]);
    expect(await refusal(test, blob, useOf())).toBe('InvalidCiphertextException');
  });

  it('with the name of another key → IncorrectKeyException', async () => {
    const test = await encrypted();
    const { id } = await test.make();
    const use = useOf({ context: CONTEXT });
    expect(await refusal(test, test.ciphertext.blob, use, id)).toBe('IncorrectKeyException');
  });

  it('of a key that is gone, or of another account in its head → AccessDeniedException', async () => {
    const test = await encrypted();
    const use = () => useOf({ context: CONTEXT });
    const forged = Buffer.from(test.ciphertext.blob);
    forged.write(STRANGER.account, forged.indexOf(ACCOUNT));
    expect(await refusal(test, forged, use())).toBe('AccessDeniedException');
    await test.keys.put({ ...test.key, state: 'PendingDeletion', deletionAt: test.clock.now() });
    expect(await refusal(test, test.ciphertext.blob, use())).toBe('AccessDeniedException');
  });

  it('a caller of another account, by the blob alone → opens: policies are not evaluated', async () => {
    const test = await encrypted();
    const use = useOf({ context: CONTEXT, call: callOf('Decrypt', STRANGER) });
    expect(await refusal(test, test.ciphertext.blob, use)).toBe('opened');
  });

  it('before and after a rotation → both open, each with the material that it names', async () => {
    const test = await encrypted();
    const { cryptography, key, keys, ciphertext } = test;
    await keys.rotate(key, 'ON_DEMAND');
    const fresh = await cryptography.encrypt(key.id, PLAINTEXT, useOf({ context: CONTEXT }));
    expect(fresh.materialId).not.toBe(ciphertext.materialId);
    for (const { blob, materialId } of [ciphertext, fresh]) {
      const opened = await cryptography.decrypt(blob, undefined, useOf({ context: CONTEXT }));
      expect(opened).toMatchObject({ plaintext: PLAINTEXT, materialId });
    }
  });

  it('two of one plaintext → nothing in common behind the key and the material', async () => {
    const { cryptography, key, ciphertext } = await encrypted();
    const again = await cryptography.encrypt(key.id, PLAINTEXT, useOf({ context: CONTEXT }));
    expect(again.blob.subarray(64).equals(ciphertext.blob.subarray(64))).toBe(false);
  });
});

describe('an external key', () => {
  it('is called with its own inner key, the context’s bytes and the call; the answer goes into the blob', async () => {
    const { cryptography, external, keys, make } = await openKeys();
    const [key, other] = [await make({ external: EXTERNAL }), await make({ external: EXTERNAL })];
    const use = useOf({ context: CONTEXT });
    const { blob, materialId } = await cryptography.encrypt(key.id, PLAINTEXT, use);
    expect(materialId).toBeUndefined();
    const opened = await cryptography.decrypt(blob, undefined, useOf({ context: CONTEXT }));
    expect(opened.plaintext).toEqual(PLAINTEXT);
    await cryptography.encrypt(other.id, PLAINTEXT, useOf());
    const [sealed, unsealed, another] = external.calls;
    expect(sealed).toMatchObject({ key: { arn: keys.arnOf(key), ...EXTERNAL }, call: use.call });
    expect(unsealed?.aad).toEqual(sealed?.aad);
    expect(unsealed?.key.innerKey.export()).toEqual(sealed?.key.innerKey.export());
    expect(another?.key.innerKey.export()).not.toEqual(sealed?.key.innerKey.export());
    expect(another?.aad).toEqual(Buffer.alloc(0));
  });

  it('whose key store is not connected, a dry run, another algorithm → refused before it is called', async () => {
    const { cryptography, external, make, connect } = await openKeys();
    const { id } = await make({ external: EXTERNAL });
    const { blob } = await cryptography.encrypt(id, PLAINTEXT, useOf());
    external.calls.length = 0;
    const refused = async (changes: Partial<Use>) => [
      await cryptography.encrypt(id, PLAINTEXT, useOf(changes)).catch(nameOf),
      await cryptography.decrypt(blob, undefined, useOf(changes)).catch(nameOf),
    ];
    const twice = (name: string) => [name, name];
    expect(await refused({ isDryRun: true })).toEqual(twice('DryRunOperationException'));
    const algorithm = 'RSAES_OAEP_SHA_256';
    expect(await refused({ algorithm })).toEqual(twice('InvalidKeyUsageException'));
    connect(false);
    expect(await refused({})).toEqual(twice('KMSInvalidStateException'));
    expect(external.calls).toEqual([]);
  });
});

it.each([
  ['8,192 bytes', 'opened', 8192 - '[["a",""]]'.length],
  ['8,193 bytes', 'ValidationException', 8193 - '[["a",""]]'.length],
])('a context of %s → %s', async (_, outcome, length) => {
  const { cryptography, make } = await openKeys();
  const { id } = await make();
  const use = useOf({ context: { a: 'x'.repeat(length) } });
  const found = await cryptography.encrypt(id, PLAINTEXT, use).then(() => 'opened', nameOf);
  expect(found).toBe(outcome);
});

it('a dry run of Decrypt for a ciphertext that does not open → InvalidCiphertextException first', async () => {
  const test = await encrypted();
  const use = useOf({ isDryRun: true });
  expect(await refusal(test, test.ciphertext.blob, use)).toBe('InvalidCiphertextException');
});

function nameOf(error: unknown): string {
  return (error as Error).name;
}
