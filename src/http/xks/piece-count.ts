/**
 * A request arrives in a few pieces: reads, TLS records, chunks. Each costs about as much whether
 * it has one byte or a thousand.
 */
const FREE_PIECES = 256;
/** More pieces are fine as long as they have this many bytes on average. */
const BYTES_PER_PIECE = 512;
/** Nobody needs to send more than this before an answer is read. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The number of pieces in which a request arrives, with its limits. */
export class PieceCount {
  #pieces = 0;
  #bytes = 0;

  /**
   * @param bytes of the piece
   * @returns false when there are too many pieces, or too many bytes
   */
  add(bytes: number): boolean {
    this.#pieces += 1;
    this.#bytes += bytes;
    if (this.#bytes > MAX_BYTES) return false;
    return this.#pieces <= FREE_PIECES + this.#bytes / BYTES_PER_PIECE;
  }
}
