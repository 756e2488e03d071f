import { describe, expect, it } from 'vitest';
import { KeyManagerError, type Sealed } from '../../../../src/key-managers/backend.js';
import { joinCiphertext, splitCiphertext } from '../../../../src/key-managers/vault/ciphertext.js';

const sealed: Sealed = {
  iv: Buffer.alloc(12, 1),
  ciphertext: Buffer.alloc(5, 2),
  tag: Buffer.alloc(16, 3),
};
const base64 = Buffer.concat([sealed.iv, sealed.ciphertext, sealed.tag]).toString('base64');

describe('splitCiphertext', () => {
  it('what Transit made → IV, ciphertext and tag', () => {
    expect(splitCiphertext(`vault:v7:${base64}`, 7, 5)).toEqual(sealed);
  });

  it.each([
    ['another version', `vault:v8:${base64}`],
    ['a version that begins alike', `vault:v71:${base64}`],
    ['no prefix', base64],
    ['another prefix', `bao:v7:${base64}`],
    ['a byte too few', `vault:v7:${Buffer.alloc(32).toString('base64')}`],
    ['a byte too many', `vault:v7:${Buffer.alloc(34).toString('base64')}`],
    ['nothing', 'vault:v7:'],
    ['base64 with a line break', `vault:v7:${base64.slice(0, 4)}\n${base64.slice(4)}`],
  ])('%s → internal', (_, text) => {
    expect(() => splitCiphertext(text, 7, 5)).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
  });
});

describe('joinCiphertext', () => {
  it('a ciphertext that was split → the text that Transit made', () => {
    expect(joinCiphertext(sealed, 7)).toBe(`vault:v7:${base64}`);
  });

  it.each([
    ['an IV of 16 bytes', { ...sealed, iv: Buffer.alloc(16) }],
    ['an IV of 0 bytes', { ...sealed, iv: Buffer.alloc(0) }],
    ['a tag of 15 bytes', { ...sealed, tag: Buffer.alloc(15) }],
    [
      'an IV and a tag that are 28 bytes together',
      { ...sealed, iv: Buffer.alloc(16), tag: Buffer.alloc(12) },
    ],
  ])('%s → invalid-ciphertext', (_, changed) => {
    expect(() => joinCiphertext(changed, 1)).toThrow(KeyManagerError);
    expect(() => joinCiphertext(changed, 1)).toThrow(
      expect.objectContaining({ code: 'invalid-ciphertext' }),
    );
  });
});
