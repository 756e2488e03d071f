import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { KeyUsage } from '../../../../src/key-managers/backend.js';
import { fileNameOf } from '../../../../src/key-managers/counting/key-names.js';
import { longDeadline, makeKeyFolder, readJson, refusalOf } from '../../../support/key-folder.js';

const both: ReadonlySet<KeyUsage> = new Set(['ENCRYPT', 'DECRYPT']);

describe('createKey', () => {
  it('a new id → a document, a counter file, and the key in the listing', async () => {
    const folder = await makeKeyFolder();
    const { administration } = await folder.open({ init: true });
    const summary = await administration.createKey('Payroll', both);
    expect(summary).toMatchObject({ encryptionsLeft: 2 ** 31, description: { enabled: true } });
    expect(summary).not.toHaveProperty('encryptionLimit');
    expect(await readJson(folder.documentPath('Payroll'))).toMatchObject({
      format: 1,
      externalKeyId: 'Payroll',
      usage: ['ENCRYPT', 'DECRYPT'],
      versions: [{ version: 1, materialName: expect.stringMatching(/^[0-9a-f]{16}$/) }],
    });
    expect(await readJson(folder.counterPath('Payroll'))).toMatchObject({
      version: 1,
      reserved: 65_536,
    });
    expect(await administration.listKeys()).toEqual([summary]);
  });

  it.each<[string, KeyUsage[]]>([
    ['both', ['DECRYPT', 'ENCRYPT']],
    ['ENCRYPT', ['ENCRYPT']],
    ['DECRYPT', ['DECRYPT']],
    ['none', []],
  ])('usage %s → the same after a restart', async (_, usage) => {
    const folder = await makeKeyFolder();
    const first = await folder.open({ init: true });
    await first.administration.createKey('k', new Set(usage));
    await first.node.close();
    const { node } = await folder.open();
    expect((await node.describeKey('k', longDeadline())).usage).toEqual(new Set(usage));
  });

  it.each(['', '.', '..', 'a/b', '../k', 'ä', 'a b', 'a\0', 'a%2fb', 'x'.repeat(129)])(
    '%j → unsupported, and nothing is written',
    async (externalKeyId) => {
      const folder = await makeKeyFolder();
      const { administration } = await folder.open({ init: true });
      const before = await readdir(folder.directory);
      expect(await refusalOf(administration.createKey(externalKeyId, both))).toBe('unsupported');
      expect(await readdir(folder.directory)).toEqual(before);
    },
  );

  it.each(['x', '...', '-', '__proto__', 'CON', 'nul.json', 'K'.repeat(128)])(
    '%s → made, and there after a restart',
    async (externalKeyId) => {
      const folder = await makeKeyFolder();
      const first = await folder.open({ init: true });
      await first.administration.createKey(externalKeyId, both);
      await first.node.close();
      const { node } = await folder.open();
      expect(await node.describeKey(externalKeyId, longDeadline())).toMatchObject({
        externalKeyId,
      });
    },
  );

  it('twenty requests for one id at once → one key, nineteen conflicts', async () => {
    const { administration } = await (await makeKeyFolder()).open({ init: true });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => refusalOf(administration.createKey('k', both))),
    );
    expect(outcomes.filter((code) => code === undefined)).toHaveLength(1);
    expect(outcomes.filter((code) => code === 'conflict')).toHaveLength(19);
  });

  it('a document that came into the folder since the start → conflict, and it is left alone', async () => {
    const folder = await makeKeyFolder();
    const { administration } = await folder.open({ init: true });
    await writeFile(folder.documentPath('k'), 'restored by hand');
    expect(await refusalOf(administration.createKey('k', both))).toBe('conflict');
  });

  it.each([
    ['7 → the number after it', 7, 8],
    ['the highest there is → 1, since nobody came by that', 2 ** 32 - 1, 1],
  ])('a counter file whose document is gone, at version %s', async (_, version, expected) => {
    const folder = await makeKeyFolder();
    const { administration } = await folder.open({ init: true });
    const orphan = {
      format: 1,
      externalKeyId: 'k',
      version,
      materialName: '0'.repeat(16),
      reserved: 9,
    };
    await writeFile(folder.counterPath('k'), JSON.stringify(orphan));
    const { description } = await administration.createKey('k', both);
    expect(description.current?.version).toBe(expected);
  });

  it.each([1, 2])(
    'write %i fails → internal, no key, and the next attempt succeeds',
    async (failing) => {
      const folder = await makeKeyFolder();
      const { writeFileAtomically } = await import('../../../../src/durable/atomic-write.js');
      let writes = Number.NEGATIVE_INFINITY;
      const { administration, node } = await folder.open({
        init: true,
        writeFile: async (path, contents) => {
          writes += 1;
          if (writes === failing) throw new Error('ENOSPC: no space left on device');
          await writeFileAtomically(path, contents);
        },
      });
      writes = 0;
      expect(await refusalOf(administration.createKey('k', both))).toBe('internal');
      expect(await refusalOf(() => node.describeKey('k', longDeadline()))).toBe('key-not-found');
      expect(await refusalOf(administration.createKey('k', both))).toBeUndefined();
    },
  );
});

describe('listKeys', () => {
  it('several keys → in the order of their ids, without the health-test key', async () => {
    const { administration } = await (await makeKeyFolder()).open({ init: true });
    for (const id of ['b', 'C', 'a']) await administration.createKey(id, both);
    const listed = await administration.listKeys();
    expect(listed.map(({ description }) => description.externalKeyId)).toEqual(['C', 'a', 'b']);
  });
});

describe('the name of a document', () => {
  it('ids that differ only by case → names that differ on every file system', () => {
    const names = ['payroll', 'Payroll', 'PAYROLL'].map(fileNameOf);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(3);
  });

  it('the longest id → at most 154 characters, with no capital among them', () => {
    const name = fileNameOf('K'.repeat(128));
    expect(name).toHaveLength(154);
    expect(name).toBe(name.toLowerCase());
  });
});
