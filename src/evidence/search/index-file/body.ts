import { crc32 } from 'node:zlib';
import { type IndexHead, MAGIC, PREAMBLE_BYTES, type Section, VERSION } from './layout.js';

/** Puts the parts of an index together. */
export class BodyWriter {
  readonly #parts: Buffer[] = [];
  #length = 0;

  /** Appends a section. */
  add(bytes: Buffer): Section {
    const section = { offset: this.#length, length: bytes.length, crc: crc32(bytes) };
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return section;
  }

  /** The whole file. */
  finish(head: IndexHead, modifiedNs: bigint): Buffer {
    const headBytes = Buffer.from(JSON.stringify(head));
    const preamble = Buffer.alloc(PREAMBLE_BYTES);
    MAGIC.copy(preamble);
    preamble.writeUInt32LE(VERSION, 8);
    preamble.writeUInt32LE(headBytes.length, 12);
    preamble.writeUInt32LE(crc32(headBytes), 16);
    preamble.writeBigInt64LE(modifiedNs, 24);
    return Buffer.concat([preamble, headBytes, ...this.#parts]);
  }
}
