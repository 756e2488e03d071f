import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import type { RehearsedKeys } from '../proxy.js';
import type { Scene } from '../scene.js';
import { certifiedDestruction } from '../stage/destruction.js';
import { bytesIn, textIn } from '../stage/kms.js';
import { kmsKeyWith, ownKeys } from '../stage/own-keys.js';
import { refusalOf } from '../stage/refusal.js';

const KEY = 'rehearsal-imported';
const MATERIAL_BYTES = 32;
const PLAINTEXT_BYTES = 64;
const WAY = [
  ...['--wrapping-algorithm', 'RSAES_OAEP_SHA_256'],
  ...['--wrapping-key-spec', 'RSA_2048'],
];

/** Material that comes from elsewhere, is erased, and comes again. */
export const importMaterial: Chapter = {
  name: 'import',
  title: 'Import key material, erase it, import it again',
  async play(scene) {
    const keys = ownKeys(scene);
    scene.need('connected');
    const { keyStore, holdfast } = keys;
    await holdfast('keys', 'create', KEY, '--key-store', keyStore, '--origin', 'external');
    await refusalOf(kmsKeyWith(scene, KEY), {
      names: ['XksKeyInvalidConfigurationException'],
      what: 'KMS took an external key that has no material',
    });
    const material = randomBytes(MATERIAL_BYTES);
    await bring(scene, keys, { material, folder: 'first' });
    const KeyId = await kmsKeyWith(scene, KEY);
    const plaintext = randomBytes(PLAINTEXT_BYTES);
    const Plaintext = plaintext.toString('base64');
    const encrypted = await scene.kms.call('Encrypt', { KeyId, Plaintext });
    const decrypt = { KeyId, CiphertextBlob: textIn(encrypted, 'CiphertextBlob') };
    await holdfast('keys', 'delete-imported-material', KEY, '--yes');
    const { externalKeyId, extent, askedFor, beyondReach } = await certifiedDestruction(keys, KEY);
    const isOfMaterial = externalKeyId === KEY && extent === 'imported-material';
    expect(isOfMaterial, 'the certificate of destruction is about something else');
    const refusal = await refusalOf(scene.kms.call('Decrypt', decrypt), {
      names: ['KMSInvalidStateException'],
      what: 'what was encrypted opened although the material was deleted',
    });
    await bring(scene, keys, { material, folder: 'again' });
    const decrypted = await scene.kms.call('Decrypt', decrypt);
    expect(bytesIn(decrypted, 'Plaintext').equals(plaintext), 'Decrypt gave another plaintext');
    return [
      `KMS took ${KEY} when its material was there, and not before.`,
      `While the material was erased, KMS told callers ${refusal.name}; with the same material it opens again.`,
      `The certificate of destruction verifies with the key of the audit log. ${askedFor.by} had asked for it; ` +
        `a copy that is left somewhere could be opened with the master key ${beyondReach.masterKeyId}.`,
    ];
  },
};

/** Wraps material as its owner does, and imports it. */
async function bring(
  scene: Scene,
  { holdfast }: RehearsedKeys,
  { material, folder }: { readonly material: Buffer; readonly folder: string },
): Promise<void> {
  const output = join(scene.folder, folder);
  await holdfast('keys', 'import-parameters', KEY, ...WAY, '--output', output);
  const der = await readFile(join(output, 'wrapping-public-key.der'));
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const file = join(output, 'wrapped-material.bin');
  const wrapped = publicEncrypt({ key, padding, oaepHash: 'sha256' }, material);
  await writeFile(file, wrapped, { mode: 0o600 });
  const token = join(output, 'import-token.bin');
  await holdfast('keys', 'import', KEY, '--material', file, '--token', token);
}
