import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ImportWay,
  MaterialImport,
  Witness,
  WrappingKey,
} from '../../../src/key-managers/backend.js';
import { makeNssToken, type NssToken, nssModule } from '../../support/nss.js';
import {
  currentRef,
  longDeadline,
  type OpenedToken,
  openToken,
  refusalOf,
} from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { actOnToken } from '../../support/token-tool.js';
import { withLastBitFlipped, wrappedByAes, wrappedByOaep } from '../../support/wrapped-material.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.from('of an import');
const PLAINTEXT = Buffer.alloc(32, 7);
const CONFIG = { keyId: '{externalKeyId}:{version}' };
const OAEP: ImportWay = {
  wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
  wrappingKeySpec: 'RSA_2048',
};
const AES: ImportWay = {
  wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
  wrappingKeySpec: 'RSA_2048',
};

type Wrap = (material: Buffer, spki: Buffer) => Buffer;

describeWithModule('import into NSS softokn', nssModule, () => {
  let token: NssToken;
  let manager: OpenedToken;
  let materialImport: MaterialImport;
  const refused: string[] = [];

  beforeAll(async () => {
    token = await makeNssToken();
    manager = await openToken(token, { config: CONFIG });
    const found = manager.administration.materialImport;
    if (found === undefined) throw new Error('NSS unwraps');
    materialImport = found;
  });

  afterAll(async () => {
    await manager.node.close();
    token.remove();
  });

  /** Tests share the wrapping keys, because a token takes its time to make one. */
  const wrappingKeys = new Map<ImportWay, Promise<WrappingKey>>();

  async function wrapped(way: ImportWay, wrap: Wrap, material = randomBytes(32)) {
    const wrappingKey = wrappingKeys.get(way) ?? materialImport.createWrappingKey(way);
    wrappingKeys.set(way, wrappingKey);
    const { wrappingKeyId, publicKey } = await wrappingKey;
    return { way, wrappingKeyId, wrapped: wrap(material, publicKey), version: 1, waits: false };
  }

  async function imported(material = randomBytes(32)): Promise<string> {
    const id = `import-${randomUUID()}`;
    await materialImport.importKeyMaterial(id, await wrapped(OAEP, wrappedByOaep, material));
    return id;
  }

  const objectsOf = async (externalKeyId: string) =>
    (await actOnToken(token)).filter(({ label }) => label === externalKeyId).map(({ id }) => id);

  it('what the token has for it → told when it has been reached', () => {
    expect(materialImport.ways).toHaveLength(6);
    expect(materialImport.ways).toEqual(expect.arrayContaining([OAEP, AES]));
  });

  it.each([
    ['RSAES_OAEP_SHA_256', OAEP, wrappedByOaep],
    ['RSA_AES_KEY_WRAP_SHA_256', AES, wrappedByAes],
  ] as const)(
    'material wrapped by %s → encrypts as that material does',
    async (_name, way, wrap) => {
      const id = `import-${randomUUID()}`;
      const pending = await manager.administration.createKey(id, BOTH, 'external');
      expect(pending).toMatchObject({ origin: 'external', versions: [] });
      const material = randomBytes(32);
      const parameters = await wrapped(way, wrap, material);
      const summary = await materialImport.importKeyMaterial(id, parameters);
      expect(summary.versions).toMatchObject([{ version: 1, material: 'present' }]);
      const ref = await currentRef(manager, id);
      const { iv, ciphertext, tag } = await manager.node.encrypt(
        ref,
        PLAINTEXT,
        AAD,
        longDeadline(),
      );
      const decipher = createDecipheriv('aes-256-gcm', material, iv).setAAD(AAD).setAuthTag(tag);
      expect(Buffer.concat([decipher.update(ciphertext), decipher.final()])).toEqual(PLAINTEXT);
      // Called again, as after a crash, it does nothing, and nothing is left in the token.
      await materialImport.importKeyMaterial(id, parameters);
      expect(await objectsOf(id)).toEqual([`${id}:1`]);
    },
  );

  it('a wrapping key destroyed, twice → takes nothing any more', async () => {
    const way: ImportWay = { ...OAEP, wrappingKeySpec: 'RSA_3072' };
    const parameters = await wrapped(way, wrappedByOaep);
    await materialImport.destroyWrappingKey(parameters.wrappingKeyId);
    await materialImport.destroyWrappingKey(parameters.wrappingKeyId);
    const late = materialImport.importKeyMaterial(`import-${randomUUID()}`, parameters);
    expect(await refusalOf(late)).toBe('rejected');
  });

  it('a wrapping key that is two days old → destroyed with the old ones, and no other', async () => {
    const { wrappingKeyId } = await materialImport.createWrappingKey(OAEP);
    const [, madeAt = ''] = /-(\d+)-/u.exec(wrappingKeyId) ?? [];
    const old = wrappingKeyId.replace(madeAt, String(Number(madeAt) - 2 * 86_400_000));
    await actOnToken(token, ['relabelPrivate', { label: wrappingKeyId, id: old }]);
    const young = await wrapped(OAEP, wrappedByOaep);
    await materialImport.destroyOldWrappingKeys?.();
    const isGone = actOnToken(token, ['relabelPrivate', { label: old, id: 'found' }]);
    await expect(isGone).rejects.toThrow('there are 0 private keys');
    await materialImport.importKeyMaterial(`import-${randomUUID()}`, young);
  });

  it.each([
    ['16 bytes', OAEP, (_: Buffer, spki: Buffer) => wrappedByOaep(randomBytes(16), spki)],
    ['33 bytes', OAEP, (_: Buffer, spki: Buffer) => wrappedByOaep(randomBytes(33), spki)],
    ['SHA-1', OAEP, (it: Buffer, spki: Buffer) => wrappedByOaep(it, spki, { oaepHash: 'sha1' })],
    [
      'a changed bit',
      OAEP,
      (it: Buffer, spki: Buffer) => withLastBitFlipped(wrappedByOaep(it, spki)),
    ],
    ['nothing', OAEP, () => Buffer.alloc(0)],
    [
      '16 bytes in two steps',
      AES,
      (_: Buffer, spki: Buffer) => wrappedByAes(randomBytes(16), spki),
    ],
    [
      '31 bytes in two steps',
      AES,
      (_: Buffer, spki: Buffer) => wrappedByAes(randomBytes(31), spki),
    ],
    [
      'AES-128 between',
      AES,
      (it: Buffer, spki: Buffer) => wrappedByAes(it, spki, { aesBits: 128 }),
    ],
    [
      'SHA-1 in two steps',
      AES,
      (it: Buffer, spki: Buffer) => wrappedByAes(it, spki, { oaepHash: 'sha1' }),
    ],
    [
      'a changed bit behind',
      AES,
      (it: Buffer, spki: Buffer) => withLastBitFlipped(wrappedByAes(it, spki)),
    ],
    ['one step for two', AES, wrappedByOaep],
  ] as const)('%s → rejected', async (_name, way, wrap) => {
    const id = `import-${randomUUID()}`;
    const material = await wrapped(way, wrap);
    await expect(materialImport.importKeyMaterial(id, material)).rejects.toMatchObject({
      code: 'rejected',
      message: 'the wrapped bytes do not open to 32 bytes of key material',
    });
    refused.push(id);
  });

  it('all that was refused → nothing of it is in the token', async () => {
    expect(refused.length).toBeGreaterThan(0);
    const labels = (await actOnToken(token)).map(({ label }) => label);
    expect(labels.filter((label) => refused.includes(label ?? ''))).toEqual([]);
  });

  it('a version destroyed, imported again → the same material alone, by its witness', async () => {
    const material = randomBytes(32);
    const id = await imported(material);
    const ref = await currentRef(manager, id);
    const sealed = await manager.node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    const witness = witnessOf(material);
    await manager.administration.destroyVersion?.(id, 1);
    const other = { ...(await wrapped(OAEP, wrappedByOaep)), witness };
    expect(await refusalOf(materialImport.importKeyMaterial(id, other))).toBe('conflict');
    expect(await objectsOf(id)).toEqual([]);
    const same = { ...(await wrapped(AES, wrappedByAes, material)), witness };
    await materialImport.importKeyMaterial(id, same);
    expect(await manager.node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(PLAINTEXT);
  });

  it('imported again → its encryptions stay counted', async () => {
    const material = randomBytes(32);
    const id = await imported(material);
    const ref = await currentRef(manager, id);
    await manager.node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    await manager.administration.destroyVersion?.(id, 1);
    const again = await wrapped(OAEP, wrappedByOaep, material);
    const summary = await materialImport.importKeyMaterial(id, again);
    expect(summary.versions).toMatchObject([{ version: 1, encryptions: 65_536 }]);
  });

  it('further material that waits → encrypts when the key is rotated to it', async () => {
    const id = await imported();
    const further = { ...(await wrapped(OAEP, wrappedByOaep)), version: 2, waits: true };
    const summary = await materialImport.importKeyMaterial(id, further);
    expect(summary.versions?.map(({ material }) => material)).toEqual(['present', 'waiting']);
    expect((await currentRef(manager, id)).version.version).toBe(1);
    const after = await manager.administration.rotateKey?.(id, 1);
    expect(after?.versions?.map(({ material }) => material)).toEqual(['present', 'present']);
    const [, second] = [...(after?.description.versions.values() ?? [])];
    if (second === undefined) throw new Error('there are two versions');
    const ref = { externalKeyId: id, version: second };
    expect(
      await refusalOf(manager.node.encrypt(ref, PLAINTEXT, AAD, longDeadline())),
    ).toBeUndefined();
  });

  it('an id that is taken, in another case too → conflict', async () => {
    const id = await imported();
    const { administration } = manager;
    for (const taken of [id, id.toUpperCase()]) {
      expect(await refusalOf(administration.createKey(taken, BOTH, 'external'))).toBe('conflict');
    }
    const material = await wrapped(OAEP, wrappedByOaep);
    const other = materialImport.importKeyMaterial(id.toUpperCase(), material);
    expect(await refusalOf(other)).toBe('conflict');
  });
});

describeWithModule('import into SoftHSM', softHsmModule, () => {
  let token: SoftHsmToken;
  let manager: OpenedToken;

  beforeAll(async () => {
    token = await makeSoftHsmToken();
    manager = await openToken(token, { config: CONFIG });
  });

  afterAll(async () => {
    await manager.node.close();
    token.remove();
  });

  it('RSA-OAEP that takes SHA-1 alone → no import', () => {
    expect(manager.administration.materialImport).toBeUndefined();
  });
});

describe('a token of which nobody knows that its RSA-OAEP takes SHA-1 alone', () => {
  describeWithModule('SoftHSM with another profile', softHsmModule, () => {
    it('a wrapping key → refused in words before anything is wrapped, and none is left', async () => {
      const token = await makeSoftHsmToken();
      const config = { ...token.config, ...CONFIG, profile: 'generic' as const };
      const manager = await openToken(token, { config });
      try {
        const creation = manager.administration.materialImport?.createWrappingKey(OAEP);
        await expect(creation).rejects.toMatchObject({
          code: 'unsupported',
          message: expect.stringContaining('does not unwrap RSAES_OAEP_SHA_256') as string,
        });
      } finally {
        await manager.node.close();
        token.remove();
      }
    });
  });
});

/** Made as the layer above makes it: with the material, while that is there. */
function witnessOf(material: Buffer): Witness {
  const [iv, plaintext] = [randomBytes(12), randomBytes(32)];
  const cipher = createCipheriv('aes-256-gcm', material, iv).setAAD(AAD);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { sealed: { iv, ciphertext, tag: cipher.getAuthTag() }, aad: AAD, plaintext };
}
