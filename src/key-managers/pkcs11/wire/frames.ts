const LENGTH_BYTES = 4;
/** Far above the largest request: 65,558 bytes of AAD and a body of 64 KiB. */
const MAX_FRAME_BYTES = 16 * 2 ** 20;

const NOTHING = Buffer.alloc(0);

/** The two ends of a pipe do not agree: nothing that follows can be understood. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** A frame: its length as uint32 (big-endian), then that many bytes. */
export function frameOf(parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  let offset = frame.writeUInt32BE(length);
  for (const part of parts) offset += part.copy(frame, offset);
  return frame;
}

/** Cuts a stream of bytes into the frames it was made of. */
export class FrameReader {
  #rest: Buffer = NOTHING;

  /**
   * @param chunk may be reused when the frames have been dealt with
   * @returns the frames that are complete now, without their lengths; views of the chunk where
   *   possible
   * @throws FramingError for a length that no frame has
   */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    let offset = 0;
    while (bytes.length - offset >= LENGTH_BYTES) {
      const length = bytes.readUInt32BE(offset);
      if (length > MAX_FRAME_BYTES) throw new FramingError(`a frame of ${length} bytes`);
      const end = offset + LENGTH_BYTES + length;
      if (end > bytes.length) break;
      frames.push(bytes.subarray(offset + LENGTH_BYTES, end));
      offset = end;
    }
    this.#rest = offset === bytes.length ? NOTHING : Buffer.from(bytes.subarray(offset));
    return frames;
  }
}
