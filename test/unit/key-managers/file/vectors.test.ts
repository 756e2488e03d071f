import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { longDeadline, currentRef, makeKeyFolder, refusalOf } from '../../../support/key-folder.js';
import mcGrewViega from '../../../vectors/aes-256-gcm-mcgrew-viega.json' with { type: 'json' };
import wycheproof from '../../../vectors/aes-256-gcm-wycheproof.json' with { type: 'json' };

type Vector = (typeof mcGrewViega.vectors)[number];

/** Makes a key whose material is the vector's, and decrypts with it. */
async function decrypt(vector: Vector): Promise<Buffer> {
  const material = Buffer.from(vector.key, 'hex');
  const folder = await makeKeyFolder({
    ports: { randomBytes: (size) => (size === 32 ? Buffer.from(material) : randomBytes(size)) },
  });
  const manager = await folder.open({ init: true });
  await manager.administration.createKey('vector', new Set(['DECRYPT']));
  const sealed = {
    iv: Buffer.from(vector.iv, 'hex'),
    ciphertext: Buffer.from(vector.ciphertext, 'hex'),
    tag: Buffer.from(vector.tag, 'hex'),
  };
  const ref = await currentRef(manager, 'vector');
  return manager.node.decrypt(ref, sealed, Buffer.from(vector.aad, 'hex'), longDeadline());
}

describe.each([
  { source: 'McGrew and Viega', vectors: mcGrewViega.vectors },
  { source: 'Wycheproof', vectors: wycheproof.vectors },
])('AES-256-GCM of $source', ({ vectors }) => {
  it.each(vectors.filter(({ opens }) => opens))('$name → its plaintext', async (vector) => {
    expect((await decrypt(vector)).toString('hex')).toBe(vector.plaintext);
  });

  it.each(vectors.filter(({ opens }) => !opens))('$name → invalid-ciphertext', async (vector) => {
    expect(await refusalOf(decrypt(vector))).toBe('invalid-ciphertext');
  });
});
