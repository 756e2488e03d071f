import { describe, expect, it } from 'vitest';
import {
  FrameReader,
  FramingError,
  frameOf,
} from '../../../../src/key-managers/pkcs11/wire/frames.js';

const frames = [Buffer.alloc(0), Buffer.from('one'), Buffer.alloc(70_000, 7), Buffer.from('end')];
const stream = Buffer.concat(frames.map((frame) => frameOf([frame])));

describe('FrameReader', () => {
  it.each([1, 3, 4, 5, 1000, 65_536, stream.length])(
    'a stream in pieces of %i bytes → the frames that it was made of',
    (size) => {
      const reader = new FrameReader();
      const read: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) {
        // The same memory every time, as the child reads.
        const chunk = Buffer.from(stream.subarray(at, at + size));
        read.push(...reader.push(chunk).map((frame) => Buffer.from(frame)));
        chunk.fill(0xff);
      }
      expect(read).toEqual(frames);
    },
  );

  it('several parts → one frame', () => {
    const [read] = new FrameReader().push(frameOf([Buffer.from('a'), Buffer.from('bc')]));
    expect(read?.toString()).toBe('abc');
  });

  it('a length that no frame has → FramingError', () => {
    expect(() => new FrameReader().push(Buffer.alloc(4, 0xff))).toThrow(FramingError);
  });
});
