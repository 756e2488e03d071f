import { randomBytes } from 'node:crypto';
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HEALTH_TEST_KEY_ID } from '../../../../src/key-managers/backend.js';
import {
  currentRef,
  encryptTimes,
  type KeyFolderFixture,
  keyFolderAt,
  longDeadline,
  makeKeyFolder,
  readJson,
  refusalOf,
} from '../../../support/key-folder.js';
import { masterKeyFrom } from '../../../../src/sealing/master-key.js';
import { Secret } from '../../../../src/shared/secret.js';
import { documentEdits, edited } from './document-edits.js';

const payrollSchema = z.looseObject({
  versions: z.array(z.looseObject({ version: z.number() })),
});

let folder: KeyFolderFixture;

/** A folder with two versions of `payroll` and one of `hr`, nobody in it. */
beforeEach(async () => {
  folder = await makeKeyFolder();
  const manager = await folder.open({ init: true });
  await manager.administration.createKey('Payroll', new Set(['ENCRYPT', 'DECRYPT']));
  await manager.administration.createKey('hr', new Set(['ENCRYPT', 'DECRYPT']));
  await manager.node.close();
  await rotatePayroll();
});

/**
 * Opens the folder and checks that `Payroll` is disabled, `hr` works, and nothing was overwritten.
 */
async function expectDisabled(): Promise<void> {
  const before = await readFile(folder.documentPath('Payroll'));
  const manager = await folder.open();
  const { node, administration } = manager;
  expect(await node.describeKey('Payroll', longDeadline())).toMatchObject({
    externalKeyId: 'Payroll',
    enabled: false,
    current: undefined,
  });
  const ref = { ...(await currentRef(manager, 'hr')), externalKeyId: 'Payroll' };
  const empty = Buffer.alloc(0);
  const sealed = { iv: Buffer.alloc(12), ciphertext: empty, tag: Buffer.alloc(16) };
  expect(await refusalOf(() => node.encrypt(ref, empty, empty, longDeadline()))).toBe(
    'key-disabled',
  );
  expect(await refusalOf(() => node.decrypt(ref, sealed, empty, longDeadline()))).toBe(
    'key-disabled',
  );
  for (const id of ['Payroll', 'payroll']) {
    expect(await refusalOf(administration.createKey(id, new Set()))).toBe('corrupt');
  }
  expect(await node.checkHealth(longDeadline())).toMatchObject({ status: 'DEGRADED' });
  expect(folder.logged.filter(({ level }) => level === 'error')).toHaveLength(1);

  const listed = await administration.listKeys();
  const disabled = listed.filter(({ problem }) => problem !== undefined);
  const ids = disabled.map(({ description }) => description.externalKeyId.toLowerCase());
  expect(ids).toEqual(['payroll']);
  expect(listed).toHaveLength(2);
  await encryptTimes(manager, 'hr', 1);
  await node.close();
  expect(await readFile(folder.documentPath('Payroll'))).toEqual(before);
}

/** Gives `Payroll` another version, as after a restored backup. */
async function rotatePayroll(): Promise<void> {
  await rm(folder.counterPath('Payroll'));
  await (await folder.open()).node.close();
}

async function readVersions() {
  return payrollSchema.parse(await readJson(folder.documentPath('Payroll'))).versions;
}

async function writeVersions(versions: readonly unknown[]): Promise<void> {
  const path = folder.documentPath('Payroll');
  const document = payrollSchema.parse(await readJson(path));
  await writeFile(path, JSON.stringify({ ...document, versions }));
}

/** Takes all versions out of `Payroll` but those at these places. */
async function keepVersions(places: readonly number[]): Promise<void> {
  const versions = await readVersions();
  await writeVersions(places.map((place) => versions[place]));
}

describe('a damaged document disables its key and no other', () => {
  it.each(documentEdits)('$what → disabled', async ({ edit }) => {
    const path = folder.documentPath('Payroll');
    await writeFile(path, JSON.stringify(edited(await readJson(path), edit)));
    await expectDisabled();
  });

  it.each([0, 1, 20, 300, 700, -2])('cut at byte %i → disabled', async (length) => {
    const path = folder.documentPath('Payroll');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, length));
    await expectDisabled();
  });

  it.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['a format of the future', '{"format":3}'],
    ['zeros, as a crashed file system leaves them', '\0'.repeat(1000)],
  ])('%s → disabled', async (_, text) => {
    await writeFile(folder.documentPath('Payroll'), text);
    await expectDisabled();
  });

  it('several things wrong → all of them, on one line', async () => {
    await writeFile(folder.documentPath('Payroll'), '{"format":1,"usage":["READ"]}');
    const { administration } = await folder.open();
    const payroll = (await administration.listKeys()).find(({ problem }) => problem !== undefined);
    expect(payroll?.problem).toMatch(/^not a key document: externalKeyId: .*; usage: [^\n]*$/);
  });

  it("another key's document in its place → disabled", async () => {
    await copyFile(folder.documentPath('hr'), folder.documentPath('Payroll'));
    await expectDisabled();
  });

  it('two versions exchanged → disabled', async () => {
    const path = folder.documentPath('Payroll');
    const document = (await readJson(path)) as { versions: { material: string }[] };
    const [first, second] = document.versions;
    if (first === undefined || second === undefined) throw new Error('two versions are needed');
    [first.material, second.material] = [second.material, first.material];
    await writeFile(path, JSON.stringify(document));
    await expectDisabled();
  });

  it.each([
    ['the first', [1, 2]],
    ['the second', [0, 2]],
    ['all but the newest', [2]],
  ])('three versions and %s taken out → disabled', async (_, kept) => {
    await rotatePayroll();
    await keepVersions(kept);
    await expectDisabled();
  });

  it('a version exchanged for another that was made in its place → disabled', async () => {
    const path = folder.documentPath('Payroll');
    const twoVersions = await readFile(path);
    await rotatePayroll();
    const other = (await readVersions()).at(-1);
    await writeFile(path, twoVersions);
    await rotatePayroll();
    await rotatePayroll();
    const [first, second, , fourth] = await readVersions();
    expect(other?.version).toBe(3);
    await writeVersions([first, second, other, fourth]);
    await expectDisabled();
  });

  it("another key's material in it → disabled", async () => {
    const path = folder.documentPath('Payroll');
    const document = (await readJson(path)) as { versions: { material: string }[] };
    const other = (await readJson(folder.documentPath('hr'))) as typeof document;
    document.versions = document.versions.map((version, index) => ({
      ...version,
      material: other.versions[index]?.material ?? version.material,
    }));
    await writeFile(path, JSON.stringify(document));
    await expectDisabled();
  });

  it('a document sealed under another master key → disabled', async () => {
    const masterKey = { key: new Secret(Buffer.alloc(32, 9).toString('base64')) };
    const other = await makeKeyFolder({ masterKey });
    const manager = await other.open({ init: true });
    await manager.administration.createKey('Payroll', new Set());
    await copyFile(other.documentPath('Payroll'), folder.documentPath('Payroll'));
    await expectDisabled();
  });

  it('swapped with another → both disabled, and the rest of the folder works', async () => {
    const [one, other, aside] = [
      folder.documentPath('Payroll'),
      folder.documentPath('hr'),
      `${folder.directory}/aside`,
    ];
    await rename(one, aside);
    await rename(other, one);
    await rename(aside, other);
    const { node } = await folder.open();
    for (const id of ['Payroll', 'hr']) {
      expect((await node.describeKey(id, longDeadline())).enabled).toBe(false);
    }
    expect(await node.checkHealth(longDeadline())).toMatchObject({ status: 'DEGRADED' });
  });

  it('a document under a name of its own → its key is disabled and not missing', async () => {
    await rename(folder.documentPath('Payroll'), `${folder.directory}/payroll.json`);
    const { node, administration } = await folder.open();
    expect((await node.describeKey('Payroll', longDeadline())).enabled).toBe(false);
    expect(await refusalOf(administration.createKey('Payroll', new Set()))).toBe('corrupt');
  });

  it('a damaged test key → DEGRADED, while the keys work', async () => {
    await writeFile(folder.documentPath(HEALTH_TEST_KEY_ID), '{');
    const manager = await folder.open();
    await encryptTimes(manager, 'hr', 1);
    expect(await manager.node.checkHealth(longDeadline())).toMatchObject({ status: 'DEGRADED' });
    expect(await manager.administration.listKeys()).toHaveLength(2);
  });

  it('a missing test key → made again', async () => {
    await rm(folder.documentPath(HEALTH_TEST_KEY_ID));
    const { node } = await folder.open();
    expect(await node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
  });
});

describe('what cannot be told from a crash in the middle of a rotation', () => {
  it('the newest version taken out → the key works, and its number is not used again', async () => {
    await keepVersions([0]);
    const manager = await folder.open();
    const { version } = await currentRef(manager, 'Payroll');
    expect(version.version).toBe(3);
  });
});

describe('the wrong master key', () => {
  it('a key that opens none of the documents → refuses to start, and changes nothing', async () => {
    const before = await readFile(folder.documentPath('hr'));
    const masterKey = { key: new Secret(Buffer.alloc(32, 9).toString('base64')) };
    const { directory } = folder;
    expect(await refusalOf(keyFolderAt(directory, { masterKey }).open())).toBe('misconfigured');
    expect(await refusalOf(keyFolderAt(directory, { masterKey }).open({ init: true }))).toBe(
      'misconfigured',
    );
    expect(await readFile(folder.documentPath('hr'))).toEqual(before);
  });

  it('→ told with its file, the id that it has and the id that the documents want', async () => {
    const key = new Secret(Buffer.alloc(32, 9).toString('base64'));
    key.noteOrigin('the file /etc/holdfast/master.key');
    const wanted = (
      JSON.parse(await readFile(folder.documentPath('hr'), 'utf8')) as {
        sealing: { masterKeyId: string };
      }
    ).sealing.masterKeyId;
    const { id } = await masterKeyFrom({ key }, randomBytes).create();
    const opening = keyFolderAt(folder.directory, { masterKey: { key } }).open();
    const message = await opening.then(String, String);
    for (const part of ['/etc/holdfast/master.key', id, wanted, folder.directory]) {
      expect(message).toContain(part);
    }
    expect(message).toContain(`give it the master key ${wanted}`);
  });

  it('a passphrase for documents sealed under a key → refuses to start', async () => {
    const masterKey = { passphrase: new Secret('a passphrase, and quite another thing') };
    const { directory } = folder;
    expect(await refusalOf(keyFolderAt(directory, { masterKey }).open())).toBe('misconfigured');
  });
});

describe('what does not belong into the folder is told, and disables nothing', () => {
  const warnings = () => folder.logged.filter(({ level }) => level === 'warn');

  it('a copy of a document under another name → a warning that names both', async () => {
    const original = folder.documentPath('hr');
    const copy = original.replace(/\.json$/, '.copy.json');
    await copyFile(original, copy);
    const { node, administration } = await folder.open();
    expect(warnings().map(({ message }) => message)).toEqual([
      expect.stringMatching(`${basename(copy)}.*${basename(original)}`),
    ]);
    expect(await node.checkHealth(longDeadline())).toMatchObject({ status: 'ACTIVE' });
    expect(await administration.listKeys()).toHaveLength(2);
  });

  it('a counter whose document was removed → a warning that names it', async () => {
    await rm(folder.documentPath('hr'));
    const { node } = await folder.open();
    expect(warnings().map(({ message }) => message)).toEqual([
      expect.stringContaining(basename(folder.counterPath('hr'))),
    ]);
    expect(await node.checkHealth(longDeadline())).toMatchObject({ status: 'ACTIVE' });
  });
});
