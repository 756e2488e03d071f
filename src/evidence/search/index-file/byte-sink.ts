const FIRST_CAPACITY = 1 << 20;
const SEVEN_BITS = 0x7f;
const MORE = 0x80;
const MAX_VARINT_BYTES = 5;

/** Bytes that grow. */
export class ByteSink {
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Four bytes, little-endian. */
  writeUint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  /** Seven bits a byte, the lowest first (LEB128). @param value below 2^32 */
  writeVarint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    let rest = value;
    while (rest > SEVEN_BITS) {
      this.#bytes[this.#length] = (rest & SEVEN_BITS) | MORE;
      this.#length += 1;
      rest >>>= 7;
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  write(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written from an offset on. Valid until the next write. */
  from(offset: number): Buffer {
    return this.#bytes.subarray(offset, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Reads what {@link ByteSink} wrote. */
export class ByteSource {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether everything was read. */
  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws RangeError behind the end */
  readUint32(): number {
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  /** What is behind the end reads as 0. */
  readVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 7 * MAX_VARINT_BYTES; shift += 7) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value |= (byte & SEVEN_BITS) << shift;
      if ((byte & MORE) === 0) break;
    }
    return value >>> 0;
  }

  /** The next bytes, fewer at the end. */
  read(length: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }
}
