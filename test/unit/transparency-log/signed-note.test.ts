import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from '../../../src/transparency-log/checkpoint.js';
import { splitNotes } from '../../support/split-notes.js';
import {
  formatVerifierKey,
  NoteError,
  noteSigner,
  openNote,
  parseVerifierKey,
  signNote,
} from '../../../src/transparency-log/signed-note.js';
import { formatTlogProof, parseTlogProof } from '../../../src/transparency-log/tlog-proof.js';

/** C2SP signed-note, section Example. */
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE_NOTE =
  'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

const { privateKey } = generateKeyPairSync('ed25519');
const signer = noteSigner('log.example/a', privateKey);
const root = Buffer.alloc(32, 7).toString('base64');

describe('a signed note', () => {
  it("opens the specification's example with its key", () => {
    expect(openNote(EXAMPLE_NOTE, parseVerifierKey(EXAMPLE_KEY))).toBe(
      'This is an example message.\n',
    );
  });

  it('writes a verifier key as it was read', () => {
    expect(formatVerifierKey(parseVerifierKey(EXAMPLE_KEY))).toBe(EXAMPLE_KEY);
  });

  it.each([
    ['another text', EXAMPLE_NOTE.replace('example', 'Example')],
    ['another signature', EXAMPLE_NOTE.replace('aQM=', 'aQQ=')],
    ['another name', EXAMPLE_NOTE.replace('com/foo', 'com/fox')],
    ['another key id', EXAMPLE_NOTE.replace('Uw2Q', 'Vw2Q')],
    ['no signature', 'This is an example message.\n\n'],
    ['no end', EXAMPLE_NOTE.slice(0, -1)],
    ['something after it', `${EXAMPLE_NOTE}more\n`],
    ['nothing at all', ''],
  ])('does not open with %s', (_, note) => {
    expect(() => openNote(note, parseVerifierKey(EXAMPLE_KEY))).toThrow(NoteError);
  });

  it('passes over the signatures of others', () => {
    const own = signNote('text\n', signer);
    const other = signNote('text\n', noteSigner('log.example/b', privateKey));
    const both = own + (other.split('\n\n')[1] ?? '');
    expect(openNote(both, signer.verifierKey)).toBe('text\n');
  });

  it.each([
    ['with another id', EXAMPLE_KEY.replace('530d903a', '530d903b')],
    ['of another algorithm', EXAMPLE_KEY.replace('+Aeky', '+Beky')],
    ['cut short', EXAMPLE_KEY.slice(0, -4)],
    ['without a name', EXAMPLE_KEY.slice('example.com/foo'.length)],
  ])('does not take a verifier key %s', (_, text) => {
    expect(() => parseVerifierKey(text)).toThrow(NoteError);
  });

  it('is not signed with another kind of key', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() =>
      noteSigner('log', createPrivateKey(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))),
    ).toThrow(NoteError);
  });
});

describe('a checkpoint', () => {
  const checkpoint = { origin: 'log.example/a', size: 12, root };

  it('comes back as it was signed', () => {
    const note = signCheckpoint(checkpoint, signer);
    expect(openCheckpoint(note, signer.verifierKey)).toEqual(checkpoint);
  });

  it('of another log is refused, though the key is right', () => {
    const note = signCheckpoint({ ...checkpoint, origin: 'log.example/z' }, signer);
    expect(() => openCheckpoint(note, signer.verifierKey)).toThrow(NoteError);
  });

  it.each(['012', '-1', '1.5', '1e3', ''])('with the size %j is refused', (size) => {
    const note = signNote(`log.example/a\n${size}\n${root}\n`, signer);
    expect(() => openCheckpoint(note, signer.verifierKey)).toThrow(NoteError);
  });

  it('can stand in a file with others', () => {
    const notes = [0, 1, 2].map((size) => signCheckpoint({ ...checkpoint, size }, signer));
    expect(splitNotes(notes.join(''))).toEqual(notes);
    expect(splitNotes('')).toEqual([]);
    expect(() => splitNotes(`${notes.join('')}torn`)).toThrow('none');
  });
});

describe('a tlog proof', () => {
  const proof = {
    index: 3,
    path: [root, Buffer.alloc(32, 9).toString('base64')],
    checkpoint: signCheckpoint({ origin: 'log.example/a', size: 4, root }, signer),
  };

  it('comes back as it was written', () => {
    expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof);
    expect(parseTlogProof(formatTlogProof({ ...proof, index: 0, path: [] })).path).toEqual([]);
  });

  it.each([
    ['another version', formatTlogProof(proof).replace('@v1', '@v2')],
    ['an index that is none', formatTlogProof(proof).replace('index 3', 'index 03')],
    ['a hash that is none', formatTlogProof(proof).replace('BwcH', 'BwcHBwcH')],
  ])('is refused with %s', (_, text) => {
    expect(() => parseTlogProof(text)).toThrow(NoteError);
  });
});
