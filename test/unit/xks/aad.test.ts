import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeCipherAad } from '../../../src/xks/aad.js';

const NONE = Buffer.alloc(0);

describe('the AAD for the cipher', () => {
  it.each([
    ['neither', NONE, NONE, '000000'],
    ['AAD alone', Buffer.from('ab'), NONE, '0002616200'],
    ['metadata alone', NONE, Buffer.from('ab'), '0000026162'],
    ['both', Buffer.from('ab'), Buffer.from('c'), '000261620163'],
  ])('is composed of lengths and bytes: %s', (_title, aad, metadata, hex) => {
    expect(composeCipherAad(aad, metadata).toString('hex')).toBe(hex);
  });

  it('differs whenever the AAD or the metadata does', () => {
    const part = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(part, part, part, part, (aad, metadata, otherAad, otherMetadata) => {
        const same = aad.equals(otherAad) && metadata.equals(otherMetadata);
        const composed = composeCipherAad(aad, metadata);
        expect(composed.equals(composeCipherAad(otherAad, otherMetadata))).toBe(same);
      }),
    );
  });

  it('takes 65,535 bytes', () => {
    expect(composeCipherAad(Buffer.alloc(65_535), NONE)).toHaveLength(65_538);
  });

  it('refuses 65,536 bytes with UnsupportedOperationException', () => {
    expect(() => composeCipherAad(Buffer.alloc(65_536), NONE)).toThrow(
      expect.objectContaining({ errorName: 'UnsupportedOperationException' }),
    );
  });
});
