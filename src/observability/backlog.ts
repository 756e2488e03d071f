const LINE_FEED = 0x0a;

/** Lines that could not be written. */
export interface Lost {
  readonly lines: number;
  readonly bytes: number;
}

/** Bytes that wait to be written, whole lines at a time, up to a bound. */
export class Backlog {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #lostLines = 0;
  #lostBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that have been given up. */
  get lost(): Lost {
    return { lines: this.#lostLines, bytes: this.#lostBytes };
  }

  /** Takes lines, or gives them up where there is no room. */
  add(lines: Buffer): void {
    if (this.#bytes + lines.length > this.#maxBytes) {
      this.#countLost(lines);
      return;
    }
    this.#chunks.push(lines);
    this.#bytes += lines.length;
  }

  /** Hands out what is to be written next; undefined where nothing waits. */
  take(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    return chunk;
  }

  /** Takes back what could not be written of it. */
  putBack(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#chunks.unshift(rest);
    this.#bytes += rest.length;
  }

  /** Gives up all that waits. */
  giveUp(): void {
    for (const chunk of this.#chunks) this.#countLost(chunk);
    this.#chunks = [];
    this.#bytes = 0;
  }

  #countLost(lines: Buffer): void {
    this.#lostBytes += lines.length;
    for (const byte of lines) if (byte === LINE_FEED) this.#lostLines += 1;
  }
}
