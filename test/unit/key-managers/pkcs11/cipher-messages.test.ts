import { describe, expect, it } from 'vitest';
import {
  decodeCipherReply,
  decodeCipherRequest,
  encodeCipherReply,
  encodeCipherRequest,
} from '../../../../src/key-managers/pkcs11/wire/cipher-messages.js';
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
} from '../../../../src/key-managers/pkcs11/wire/envelope.js';
import { FrameReader } from '../../../../src/key-managers/pkcs11/wire/frames.js';

const request = {
  lookup: Buffer.from('{"label":"k"}'),
  materialName: Buffer.alloc(8, 1),
  iv: Buffer.alloc(12, 2),
  aad: Buffer.alloc(65_558, 3),
  input: Buffer.alloc(4_316, 4),
};

describe('messages on the pipe', () => {
  it.each([
    ['everything', request],
    ['no IV', { ...request, iv: Buffer.alloc(0) }],
    ['no AAD and no plaintext', { ...request, aad: Buffer.alloc(0), input: Buffer.alloc(0) }],
  ])('a request with %s → read as it was written', (_, written) => {
    expect(decodeCipherRequest(Buffer.concat(encodeCipherRequest(written)))).toEqual(written);
  });

  it.each([
    ['without a trial', undefined],
    ['with a trial', Buffer.alloc(32, 7)],
  ])('a reply %s → read as it was written', (_, triedSha256) => {
    const reply = { iv: Buffer.alloc(16, 5), output: Buffer.alloc(48, 6), triedSha256 };
    expect(decodeCipherReply(Buffer.concat(encodeCipherReply(reply)))).toEqual(reply);
  });

  it('envelopes → id, operation, deadline and status survive', () => {
    const header = { id: 2 ** 32 - 1, operation: 3, expiresAt: 1234.5 };
    const [sent] = new FrameReader().push(encodeRequest(header, [Buffer.from('x')]));
    expect(decodeRequest(sent ?? Buffer.alloc(0))).toEqual({ ...header, body: Buffer.from('x') });
    const [back] = new FrameReader().push(encodeReply(7, 1, [Buffer.from('y')]));
    expect(decodeReply(back ?? Buffer.alloc(0))).toEqual({
      id: 7,
      status: 1,
      body: Buffer.from('y'),
    });
  });
});
