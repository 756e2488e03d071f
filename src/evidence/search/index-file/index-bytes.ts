import type { FileHandle } from 'node:fs/promises';
import {
  assertIntact,
  headSchema,
  type IndexHead,
  IndexDamagedError,
  MAGIC,
  MODIFIED_AT,
  PREAMBLE_BYTES,
  parsed,
  type Section,
  VERSION,
} from './layout.js';

/** Enough for what every search reads of the index of an ordinary segment. */
const FIRST_READ_BYTES = 32 * 1024;
/** As large as the largest segment. Node aborts the process on a read of 2 GiB. */
const MAX_BYTES = 1 << 30;

interface OpenFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/** The file of an index, whose bytes are checked before they are used. */
export class IndexBytes {
  readonly head: IndexHead;
  readonly modifiedNs: bigint;
  readonly #handle: FileHandle;
  readonly #size: number;
  readonly #front: Buffer;
  readonly #bodyAt: number;
  readonly #checked = new Map<number, Buffer>();

  private constructor({ handle, size }: OpenFile, front: Buffer, headBytes: Buffer) {
    this.#handle = handle;
    this.#size = size;
    this.#front = front;
    this.#bodyAt = PREAMBLE_BYTES + headBytes.length;
    this.modifiedNs = front.readBigInt64LE(MODIFIED_AT);
    this.head = parsed(() => headSchema.parse(JSON.parse(headBytes.toString())));
  }

  /**
   * Reads the head and what follows closely.
   *
   * @throws IndexDamagedError, or the file system's error
   */
  static async begin(handle: FileHandle): Promise<IndexBytes> {
    const front = await readFully(handle, 0, FIRST_READ_BYTES);
    if (front.length < PREAMBLE_BYTES || !front.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new IndexDamagedError('the file is no index');
    }
    if (front.readUInt32LE(8) !== VERSION) throw new IndexDamagedError('of another version');
    const length = front.readUInt32LE(12);
    const end = PREAMBLE_BYTES + length;
    const { size } = await handle.stat();
    if (size > MAX_BYTES) throw new IndexDamagedError('no index is as large');
    if (end > size) throw new IndexDamagedError('the index is cut off');
    const head =
      end <= front.length
        ? front.subarray(PREAMBLE_BYTES, end)
        : await readFully(handle, PREAMBLE_BYTES, length);
    assertIntact(head, { length, crc: front.readUInt32LE(16) });
    return new IndexBytes({ handle, size }, front, head);
  }

  /**
   * Bytes of the body.
   *
   * @throws IndexDamagedError, or the file system's error
   */
  async section(section: Section): Promise<Buffer> {
    const known = this.#checked.get(section.offset);
    if (known?.length === section.length) return known;
    const start = this.#bodyAt + section.offset;
    const end = start + section.length;
    if (end > this.#size) throw new IndexDamagedError('a section ends behind the end of the index');
    const bytes =
      end <= this.#front.length
        ? this.#front.subarray(start, end)
        : await readFully(this.#handle, start, section.length);
    assertIntact(bytes, section);
    this.#checked.set(section.offset, bytes);
    return bytes;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function readFully(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
}
