import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TRANSIT_POLICY } from '../../../scripts/lib/transit-policy.mjs';
import { OpenbaoServer } from '../../support/openbao.js';
import { importedKey, importOf, madeKey, versionsOf, wrapped } from '../../support/openbao-acts.js';
import {
  BOTH,
  currentRef,
  firstNode,
  longDeadline,
  makeAppRole,
  openVault,
  outcomeOf,
} from '../../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';
import { withLastBitFlipped, wrappedByAes } from '../../support/wrapped-material.js';

const PLAINTEXT = Buffer.alloc(32, 7);
const AAD = Buffer.from('of the life of a key');

describeWithOpenbao('import into OpenBao', (program) => {
  let server: OpenbaoServer;
  let login: object;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server, 'acts', { policy: TRANSIT_POLICY });
  });

  afterAll(async () => {
    await server.dispose();
  });

  const open = () => openVault([server], { login, metadataMaxAgeMs: 100 });

  it('material that was wrapped by KMS’s recipe → encrypts as that material does', async () => {
    const manager = await open();
    const node = firstNode(manager);
    const id = `life-${randomUUID()}`;
    const { administration } = manager;
    const pending = await administration.createKey(id, BOTH, 'external');
    expect(pending).toMatchObject({ origin: 'external', versions: [] });
    const material = randomBytes(32);
    const first = await wrapped(manager, material);
    const summary = await importOf(manager).importKeyMaterial(id, first);
    expect(versionsOf(summary)).toEqual(['1 present']);
    expect(summary.origin).toBe('external');
    const ref = await currentRef(node, id);
    const sealed = await node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    const cipher = createCipheriv('aes-256-gcm', material, sealed.iv).setAAD(AAD);
    expect(Buffer.concat([cipher.update(PLAINTEXT), cipher.final()])).toEqual(sealed.ciphertext);
    // Called again, as after a crash.
    const again = await importOf(manager).importKeyMaterial(id, first);
    expect(versionsOf(again)).toEqual(['1 present']);
  });

  it('further material that waits → encrypts after the rotation to it, and not before', async () => {
    const manager = await open();
    const node = firstNode(manager);
    const id = await importedKey(manager);
    const { administration } = manager;
    const further = { ...(await wrapped(manager)), version: 2, waits: true };
    const summary = await importOf(manager).importKeyMaterial(id, further);
    expect(versionsOf(summary)).toEqual(['1 present', '2 waiting']);
    expect((await currentRef(node, id)).version.version).toBe(1);
    const after = await administration.rotateKey?.(id, 1);
    expect(versionsOf(after)).toEqual(['1 present', '2 present']);
    expect(versionsOf(await administration.rotateKey?.(id, 1))).toEqual(versionsOf(after));
    const ref = await currentRef(node, id);
    expect(ref.version.version).toBe(2);
    expect(await outcomeOf(node.encrypt(ref, PLAINTEXT, AAD, longDeadline()))).toBe('served');
    await administration.destroyVersion?.(id, 1);
    expect((await currentRef(node, id)).version.version).toBe(2);
  });

  it('the oldest of three imported versions is destroyed → the newest still encrypts', async () => {
    const manager = await open();
    const id = await importedKey(manager);
    // Twice, as after a crash between two steps.
    const held = { ...(await wrapped(manager)), version: 2 };
    for (const waits of [true, false]) {
      await importOf(manager).importKeyMaterial(id, { ...held, waits });
    }
    const further = { ...(await wrapped(manager)), version: 3 };
    await importOf(manager).importKeyMaterial(id, further);
    await manager.administration.destroyVersion?.(id, 1);
    expect((await currentRef(firstNode(manager), id)).version.version).toBe(3);
  });

  it.each([
    ['16 bytes', (_: Buffer, spki: Buffer) => wrappedByAes(randomBytes(16), spki)],
    ['another hash', (it: Buffer, spki: Buffer) => wrappedByAes(it, spki, { oaepHash: 'sha1' })],
    [
      'an AES-128 key between',
      (it: Buffer, spki: Buffer) => wrappedByAes(it, spki, { aesBits: 128 }),
    ],
    ['a changed bit', (it: Buffer, spki: Buffer) => withLastBitFlipped(wrappedByAes(it, spki))],
    ['something short', () => Buffer.alloc(64)],
    ['nothing', () => Buffer.alloc(0)],
  ] as const)('%s → rejected, and there is no key', async (_title, wrap) => {
    const manager = await open();
    const id = `life-${randomUUID()}`;
    const material = await wrapped(manager, randomBytes(32), wrap);
    expect(await outcomeOf(importOf(manager).importKeyMaterial(id, material))).toBe('rejected');
    expect(await server.statusOf(`transit/keys/${id}`)).toBe(404);
  });

  it('a wrapping key of another mount, or another way → refused', async () => {
    const manager = await open();
    const materialImport = importOf(manager);
    const material = await wrapped(manager);
    const id = `life-${randomUUID()}`;
    const foreign = { ...material, wrappingKeyId: 'transit-of-another-mount' };
    expect(await outcomeOf(materialImport.importKeyMaterial(id, foreign))).toBe('rejected');
    const way = { wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_4096' } as const;
    expect(await outcomeOf(materialImport.createWrappingKey(way))).toBe('unsupported');
  });

  it('a key that Transit made, a version gone, a gap in the versions → refused', async () => {
    const manager = await open();
    const materialImport = importOf(manager);
    const material = await wrapped(manager);
    const [made, own] = [await madeKey(manager), await importedKey(manager)];
    const outcome = (id: string, version: number) =>
      outcomeOf(materialImport.importKeyMaterial(id, { ...material, version }));
    expect(await outcome(made, 1)).toBe('conflict');
    expect(await outcome(made, 2)).toBe('conflict');
    expect(await outcome(own, 3)).toBe('conflict');
    await outcome(own, 2);
    await manager.administration.destroyVersion?.(own, 1);
    expect(await outcome(own, 1)).toBe('unsupported');
  });
});
