import { execFileSync } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImportWay } from '../../../../src/key-managers/backend.js';
import { openWith, wrapped } from '../../../../src/key-managers/contract/wrapping.js';
import { arrival } from '../../../../src/key-managers/sealed/keys/key-acts.js';
import type { PlacedKeys } from '../../../../src/key-managers/sealed/keys/placed-keys.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { canaries } from '../../../support/canaries.js';
import { smallLimits } from '../../../support/counted-key.js';
import {
  currentRef,
  encryptTimes,
  longDeadline,
  makeKeyFolder,
  readJson,
  refusalOf,
} from '../../../support/key-folder.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { edited } from './document-edits.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.from('what it belongs to');
const WAY: ImportWay = {
  wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
  wrappingKeySpec: 'RSA_2048',
};
type Wrap = (publicKey: Buffer, material: Buffer) => Buffer;

/** Imports as an operator does, under a wrapping key of its own. */
async function importWrapped(
  { administration: { materialImport } }: PlacedKeys,
  material: Buffer,
  { way = WAY, wrap }: { readonly way?: ImportWay; readonly wrap: Wrap },
) {
  const { wrappingKeyId, publicKey } = await materialImport.createWrappingKey(way);
  const choice = { way, wrappingKeyId, wrapped: wrap(publicKey, material) };
  return materialImport.importKeyMaterial('k', { ...choice, version: 1, waits: false });
}

/** Puts material into a version as every import does, without the time that unwrapping takes. */
async function bring(
  { ring }: PlacedKeys,
  externalKeyId: string,
  material: Buffer,
  { version = 1, waits = false }: { readonly version?: number; readonly waits?: boolean } = {},
): Promise<void> {
  const key = await ring.known(externalKeyId);
  await key.changes.change(arrival({ version, waits, key: createSecretKey(material) }));
}

/** A folder with the key `k` that waits for its material. */
async function externalKey() {
  const clock = { ahead: 0, now: () => systemClock.now() + clock.ahead, monotonic: () => 0 };
  const folder = await makeKeyFolder({ ports: { clock } });
  const start = { init: true, limits: smallLimits };
  const manager = await folder.open(start);
  await manager.administration.createKey('k', BOTH, 'external');
  return { clock, folder, manager, start };
}

/** Of the system: an oracle that shares nothing with Node's own. */
const OPENSSL = 'openssl';

function openssl(folder: string, ...args: readonly string[]): Buffer {
  return execFileSync(OPENSSL, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Wraps as an operator does who has OpenSSL and nothing else. */
function wrapByOpenssl({ wrappingAlgorithm }: ImportWay) {
  return (publicKey: Buffer, material: Buffer): Buffer => {
    const folder = temporaryFolder();
    const oaep = (name: string) => {
      const how = ['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha256'];
      const key = ['-encrypt', '-pubin', '-keyform', 'DER', '-inkey', 'public.der'];
      return openssl(
        folder,
        'pkeyutl',
        ...key,
        ...how,
        '-pkeyopt',
        'rsa_mgf1_md:sha256',
        '-in',
        name,
      );
    };
    writeFileSync(join(folder, 'public.der'), publicKey);
    writeFileSync(join(folder, 'material.bin'), material);
    if (wrappingAlgorithm === 'RSAES_OAEP_SHA_256') return oaep('material.bin');
    openssl(folder, 'rand', '-out', 'aes-key.bin', '32');
    const aesKey = readFileSync(join(folder, 'aes-key.bin')).toString('hex');
    const cipher = ['-id-aes256-wrap-pad', '-iv', 'A65959A6', '-K', aesKey];
    const inner = openssl(folder, 'enc', ...cipher, '-in', 'material.bin');
    return Buffer.concat([oaep('aes-key.bin'), inner]);
  };
}

describe('material that OpenSSL has wrapped', () => {
  it.each([
    { wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_3072' },
    { wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', wrappingKeySpec: 'RSA_4096' },
  ] as const)('by $wrappingAlgorithm under $wrappingKeySpec → encrypts', async (way) => {
    const { manager } = await externalKey();
    const material = randomBytes(32);
    await importWrapped(manager, material, { way, wrap: wrapByOpenssl(way) });
    const ref = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
    expect(openWith(material, sealed, AAD)).toEqual(canaries.plaintext);
  });
});

describe('imported material', () => {
  it('at the limit of its encryptions → exhausted, and no version is made; further → goes on', async () => {
    const { manager } = await externalKey();
    await bring(manager, 'k', randomBytes(32));
    await encryptTimes(manager, 'k', smallLimits.perVersion);
    const ref = await currentRef(manager, 'k');
    const encrypting = () => manager.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
    expect(await refusalOf(encrypting)).toBe('exhausted');
    expect((await manager.administration.listKeys())[0]?.problem).toContain('Import further');
    await bring(manager, 'k', randomBytes(32), { version: 2, waits: true });
    expect(await refusalOf(encrypting)).toBe('exhausted');
    await manager.administration.rotateKey('k', 1);
    await encryptTimes(manager, 'k', 1);
    expect((await currentRef(manager, 'k')).version.version).toBe(2);
  });

  it('its count unknown at a start → no version is made; destroyed and brought again → not either', async () => {
    const { folder, manager, start } = await externalKey();
    const material = randomBytes(32);
    await bring(manager, 'k', material);
    await manager.node.close();
    await rm(folder.counterPath('k'));
    const again = await folder.open(start);
    const ref = await currentRef(again, 'k');
    const encrypting = () => again.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
    expect(await refusalOf(encrypting)).toBe('exhausted');
    await again.administration.destroyVersion('k', 1);
    await bring(again, 'k', material);
    expect(await refusalOf(encrypting)).toBe('exhausted');
  });

  it('destroyed and brought again → the count goes on from where it was', async () => {
    const { folder, manager, start } = await externalKey();
    const material = randomBytes(32);
    await bring(manager, 'k', material);
    await encryptTimes(manager, 'k', 5);
    await manager.administration.destroyVersion('k', 1);
    await manager.node.close();
    const again = await folder.open(start);
    await bring(again, 'k', material);
    const [summary] = await again.administration.listKeys();
    const { perVersion: encryptionLimit } = smallLimits;
    const encryptionsLeft = encryptionLimit - 8;
    expect(summary).toMatchObject({ encryptionsLeft, encryptionLimit });
  });

  it('two imports at once of other material into one version → one is taken, the other conflicts', async () => {
    const { manager } = await externalKey();
    const outcomes = await Promise.all(
      [1, 2].map(() => refusalOf(bring(manager, 'k', randomBytes(32)))),
    );
    expect(new Set(outcomes)).toEqual(new Set(['conflict', undefined]));
  });

  it('a version that is neither next nor without material → unsupported', async () => {
    const { manager } = await externalKey();
    expect(await refusalOf(bring(manager, 'k', randomBytes(32), { version: 2 }))).toBe(
      'unsupported',
    );
  });

  it('a second version that would wait → conflict, until the first is rotated to', async () => {
    const { manager } = await externalKey();
    await bring(manager, 'k', randomBytes(32));
    await bring(manager, 'k', randomBytes(32), { version: 2, waits: true });
    const further = () => bring(manager, 'k', randomBytes(32), { version: 3, waits: true });
    expect(await refusalOf(further)).toBe('conflict');
    await manager.administration.rotateKey('k', 1);
    await further();
  });
});

describe('a wrapping key in a folder', () => {
  it('its file → private, with nothing of the private half in the clear', async () => {
    const { folder, manager } = await externalKey();
    const { wrappingKeyId } = await manager.administration.materialImport.createWrappingKey(WAY);
    const path = join(folder.directory, 'wrapping-keys', `${wrappingKeyId}.json`);
    expect(statSync(join(folder.directory, 'wrapping-keys')).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const document = (await readJson(path)) as { privateKey: string };
    expect(document.privateKey.split('.')).toHaveLength(5);
  });

  it('destroyed → its file is gone, and it opens nothing', async () => {
    const { folder, manager } = await externalKey();
    const { materialImport } = manager.administration;
    const { wrappingKeyId, publicKey } = await materialImport.createWrappingKey(WAY);
    await materialImport.destroyWrappingKey(wrappingKeyId);
    expect(readdirSync(join(folder.directory, 'wrapping-keys'))).toEqual([]);
    const bytes = wrapped(WAY, publicKey, randomBytes(32));
    const choice = { way: WAY, wrappingKeyId, wrapped: bytes, version: 1, waits: false };
    expect(await refusalOf(materialImport.importKeyMaterial('k', choice))).toBe('rejected');
  });

  it('of which nobody has heard for two days → destroyed with the old ones, and no other', async () => {
    const { clock, folder, manager } = await externalKey();
    const { materialImport } = manager.administration;
    await materialImport.createWrappingKey(WAY);
    clock.ahead = 48 * 3_600_000 + 1_000;
    const { wrappingKeyId } = await materialImport.createWrappingKey(WAY);
    await materialImport.destroyOldWrappingKeys?.();
    expect(readdirSync(join(folder.directory, 'wrapping-keys'))).toEqual([`${wrappingKeyId}.json`]);
  });

  it('moved to another name, or a name that leads elsewhere → opens nothing', async () => {
    const { folder, manager } = await externalKey();
    const { materialImport } = manager.administration;
    const { wrappingKeyId, publicKey } = await materialImport.createWrappingKey(WAY);
    const text = readFileSync(join(folder.directory, 'wrapping-keys', `${wrappingKeyId}.json`));
    const other = '0'.repeat(32);
    writeFileSync(join(folder.directory, 'wrapping-keys', `${other}.json`), text, { mode: 0o600 });
    const bytes = wrapped(WAY, publicKey, randomBytes(32));
    for (const id of [other, '../key-k', '', wrappingKeyId.toUpperCase()]) {
      const choice = { way: WAY, wrappingKeyId: id, wrapped: bytes, version: 1, waits: false };
      expect(await refusalOf(materialImport.importKeyMaterial('k', choice)), id).toBe('rejected');
    }
  });
});

describe('the document of a key with imported material that somebody has edited', () => {
  const without = (document: unknown, field: string): unknown => {
    const fields = new Map<string, unknown>(Object.entries(document ?? {}));
    fields.delete(field);
    return Object.fromEntries(fields);
  };

  async function isDamagedBy(
    change: (document: unknown) => unknown,
    standing: 'none yet' | 'one and one that waits' | 'destroyed',
  ): Promise<boolean> {
    const { folder, manager, start } = await externalKey();
    await manager.administration.createKey('other', BOTH);
    if (standing !== 'none yet') await bring(manager, 'k', randomBytes(32));
    if (standing === 'destroyed') await manager.administration.destroyVersion('k', 1);
    if (standing === 'one and one that waits') {
      await bring(manager, 'k', randomBytes(32), { version: 2, waits: true });
    }
    await manager.node.close();
    const path = folder.documentPath('k');
    const changed = change(await readJson(path));
    await writeFile(path, JSON.stringify(changed), { mode: 0o600 });
    const again = await folder.open(start);
    return again.ring.find('k') === undefined;
  }

  it('nothing of it changed → a key', async () => {
    expect(await isDamagedBy((document) => document, 'none yet')).toBe(false);
    expect(await isDamagedBy((document) => document, 'destroyed')).toBe(false);
    expect(await isDamagedBy((document) => document, 'one and one that waits')).toBe(false);
  });

  it.each([
    ['usage', ['DECRYPT']],
    ['createdAt', '2020-02-02T02:02:02.000Z'],
    [
      'versions',
      [{ version: 1, materialName: '0123456789abcdef', createdAt: '2020-02-02T02:02:02.000Z' }],
    ],
    ['seal', 'a.b.c.d.e'],
    ['origin', 'generated'],
  ])('without material, another %s → damaged', async (field, value) => {
    expect(await isDamagedBy((it) => edited(it, { path: [field], value }), 'none yet')).toBe(true);
  });

  it.each(['seal', 'origin'])('without material, no %s → damaged', async (field) => {
    expect(await isDamagedBy((it) => without(it, field), 'none yet')).toBe(true);
    expect(await isDamagedBy((it) => without(it, field), 'destroyed')).toBe(true);
  });

  it('no origin and no seal, where the versions have their material → damaged', async () => {
    const change = (it: unknown) => without(without(it, 'origin'), 'seal');
    expect(await isDamagedBy(change, 'one and one that waits')).toBe(true);
  });

  it('a version that waits no more, or is taken out → damaged', async () => {
    const standing = 'one and one that waits';
    const released = (it: unknown) =>
      edited(it, { path: ['versions', 1, 'waits'], value: undefined });
    expect(await isDamagedBy(released, standing)).toBe(true);
    const cut = (it: unknown) => {
      const { versions } = it as { versions: readonly unknown[] };
      return edited(it, { path: ['versions'], value: versions.slice(0, 1) });
    };
    expect(await isDamagedBy(cut, standing)).toBe(true);
  });
});
