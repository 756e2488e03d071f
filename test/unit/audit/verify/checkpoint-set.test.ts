import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CheckpointSet, keyId } from '../../../../src/audit/verify/checkpoint-set.js';
import { Findings } from '../../../../src/audit/verify/findings.js';
import { signCheckpoint } from '../../../../src/transparency-log/checkpoint.js';
import { noteSigner } from '../../../../src/transparency-log/signed-note.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { signer } from '../log/log-fixture.js';

const ORIGIN = signer.verifierKey.name;
const ROOT = `${'A'.repeat(43)}=`;
const OTHER_ROOT = `${'B'.repeat(42)}A=`;
const stranger = noteSigner(ORIGIN, generateKeyPairSync('ed25519').privateKey);

const note = (size: number, root = ROOT, by = signer) =>
  signCheckpoint({ origin: by.verifierKey.name, size, root }, by);

class FilledSet {
  readonly findings = new Findings();
  readonly checkpoints: CheckpointSet;
  readonly folder = temporaryFolder();

  constructor(keys = [signer.verifierKey]) {
    this.checkpoints = new CheckpointSet(ORIGIN, keys, this.findings);
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  get kinds() {
    return this.findings.list.map(({ kind, file }) => [kind, file]);
  }
}

describe('CheckpointSet', () => {
  it('own and kept checkpoints → their sizes ascending, and each with where it was', async () => {
    const set = new FilledSet();
    await set.checkpoints.addKept(set.file('kept', note(9) + note(4)));
    await set.checkpoints.addOwnFile(set.file('0.checkpoints', note(4) + note(7)));
    expect(set.checkpoints.sizes).toEqual([4, 7, 9]);
    const signedBy = keyId(signer.verifierKey);
    const common = { root: ROOT, signedBy };
    expect([4, 7, 9].flatMap((size) => set.checkpoints.signedFor(size))).toEqual([
      { ...common, size: 4, file: '0.checkpoints', isOwn: true, isKept: true },
      { ...common, size: 7, file: '0.checkpoints', isOwn: true, isKept: false },
      { ...common, size: 9, file: 'kept', isOwn: false, isKept: true },
    ]);
    expect(set.checkpoints.hasFile('0.checkpoints')).toBe(true);
    expect(set.checkpoints.hasFile('kept')).toBe(false);
    expect(set.kinds).toEqual([]);
  });

  it('two roots of one size → forked, and both are there', async () => {
    const set = new FilledSet();
    await set.checkpoints.addOwnFile(set.file('0.checkpoints', note(4)));
    await set.checkpoints.addKept(set.file('kept', note(4, OTHER_ROOT)));
    expect(set.kinds).toEqual([['forked', 'kept']]);
    expect(set.checkpoints.signedFor(4)).toHaveLength(2);
  });

  it('a note that another key of the name has signed → foreign, unless that key is given', async () => {
    const text = note(4) + note(5, ROOT, stranger);
    const set = new FilledSet();
    await set.checkpoints.addOwnFile(set.file('0.checkpoints', text));
    expect(set.kinds).toEqual([['foreign-signature', '0.checkpoints']]);
    const both = new FilledSet([signer.verifierKey, stranger.verifierKey]);
    await both.checkpoints.addOwnFile(both.file('0.checkpoints', text));
    expect(both.kinds).toEqual([]);
    expect(both.checkpoints.signedFor(5)).toMatchObject([
      { signedBy: keyId(stranger.verifierKey) },
    ]);
  });

  it('more foreign notes than a log can have → the file is none', async () => {
    const set = new FilledSet();
    const path = set.file('0.checkpoints', note(4, ROOT, stranger).repeat(1001));
    await set.checkpoints.addOwnFile(path);
    expect(set.findings.list.at(-1)).toMatchObject({ kind: 'unreadable', file: '0.checkpoints' });
    expect(set.checkpoints.unreadOwn).toEqual(['0.checkpoints']);
    expect(set.checkpoints.unread).toEqual([]);
  });

  it.each([
    ['half a note', note(9).slice(0, 30), []],
    ['something else', 'this is no note', [['unreadable', '0.checkpoints']]],
  ])('%s behind the last note → found or not', async (_, rest, kinds) => {
    const set = new FilledSet();
    await set.checkpoints.addOwnFile(set.file('0.checkpoints', note(4) + rest));
    expect(set.checkpoints.sizes).toEqual([4]);
    expect(set.kinds).toEqual(kinds);
  });

  it('an own file read again → what it has more, once', async () => {
    const set = new FilledSet();
    await set.checkpoints.addOwnFile(set.file('0.checkpoints', note(4)));
    await set.checkpoints.addOwnFile(set.file('0.checkpoints', note(4) + note(8)));
    expect(set.checkpoints.sizes).toEqual([4, 8]);
    expect(set.checkpoints.signedFor(4)).toHaveLength(1);
  });

  it('a folder in the place of an own file → unreadable', async () => {
    const set = new FilledSet();
    mkdirSync(join(set.folder, '0.checkpoints'));
    await set.checkpoints.addOwnFile(join(set.folder, '0.checkpoints'));
    expect(set.kinds).toEqual([['unreadable', '0.checkpoints']]);
    expect(set.checkpoints.unreadOwn).toEqual(['0.checkpoints']);
  });

  it('kept checkpoints of other logs, and damaged lines → noted', async () => {
    const other = noteSigner('log.example/other', signer.privateKey);
    const lines = [note(4), note(5, ROOT, other), note(6, ROOT, other)].map((text) =>
      JSON.stringify({ checkpoint: text }),
    );
    const set = new FilledSet();
    await set.checkpoints.addKept(set.file('kept', [...lines, '{"checkpoint":1}'].join('\n')));
    expect(set.checkpoints.sizes).toEqual([4]);
    expect(set.checkpoints.notes).toEqual([
      '2 checkpoints in kept are about other logs.',
      '1 line of kept could not be read.',
    ]);
    expect(set.kinds).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['notes of others', note(4, ROOT, stranger)],
    ['no notes', '\u2014 x y\n'],
  ])('a kept file with %s → holds no checkpoint of the log', async (_, text) => {
    const set = new FilledSet();
    await set.checkpoints.addKept(set.file('kept', text));
    expect(set.kinds).toContainEqual(['unreadable', 'kept']);
  });

  it('a kept file that is not there → the error of the file system', async () => {
    const set = new FilledSet();
    const path = join(set.folder, 'none');
    await expect(set.checkpoints.addKept(path)).rejects.toThrow('ENOENT');
    expect(set.checkpoints.hasFile(basename(path))).toBe(false);
  });

  it('no key of the log → no note is taken for genuine', async () => {
    const set = new FilledSet([noteSigner('log.example/b', stranger.privateKey).verifierKey]);
    await set.checkpoints.addOwnFile(set.file('0.checkpoints', note(4)));
    expect(set.checkpoints.sizes).toEqual([]);
    expect(set.kinds).toEqual([['foreign-signature', '0.checkpoints']]);
  });
});
