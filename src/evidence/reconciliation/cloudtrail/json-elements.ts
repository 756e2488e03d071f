const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Many times the largest event, so that one file cannot fill the memory. */
const MAX_ELEMENT_BYTES = 16 * 1024 * 1024;

/** An object or an array inside of one of a document's outer arrays. */
export interface JsonElement {
  /** Field of the document that holds the array; empty where the document is the array. */
  readonly field: string;
  readonly text: string;
}

/**
 * Cuts a JSON document into the elements of its outer arrays while it is read, so that a document
 * of any size takes no more memory than its largest element. It looks for brackets and strings
 * alone; whether an element is JSON shows when it is parsed.
 */
export class JsonElements {
  /** Fields that hold an array, empty ones as well. */
  readonly fields = new Set<string>();
  #rest: Buffer = Buffer.alloc(0);
  #depth = 0;
  #arrayDepth = 0;
  #field = '';
  /** Where the string, or the element, that is being read begins. */
  #stringStart = -1;
  #elementStart = -1;
  #escaped = false;
  #lastString = '';

  /**
   * Whole elements, as far as they are there.
   *
   * @throws SyntaxError for an element without end
   */
  *read(chunk: Buffer): Generator<JsonElement, void, undefined> {
    let at = this.#rest.length;
    const bytes = at === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (this.#stringStart >= 0) this.#inString(byte, bytes, at);
      else if (byte === QUOTE) this.#stringStart = at;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#open(byte, at);
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        const element = this.#close(bytes, at);
        if (element !== undefined) yield element;
      }
    }
    this.#keep(bytes);
  }

  /**
   * Ends the document.
   *
   * @throws SyntaxError where it is not whole
   */
  end(): void {
    if (this.#depth !== 0 || this.#stringStart >= 0) throw new SyntaxError('it ends in the middle');
  }

  #inString(byte: number | undefined, bytes: Buffer, at: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      // The name of a field of the document, or one of its values: what comes before an array counts.
      if (this.#depth === 1) this.#lastString = bytes.toString('utf8', this.#stringStart + 1, at);
      this.#stringStart = -1;
    }
  }

  #open(byte: number, at: number): void {
    const inArray = this.#arrayDepth > 0 && this.#depth === this.#arrayDepth;
    if (inArray) this.#elementStart = at;
    this.#depth += 1;
    if (this.#arrayDepth > 0 || byte !== OPEN_BRACKET || this.#depth > 2) return;
    this.#arrayDepth = this.#depth;
    this.#field = this.#depth === 1 ? '' : this.#lastString;
    this.fields.add(this.#field);
  }

  #close(bytes: Buffer, at: number): JsonElement | undefined {
    this.#depth -= 1;
    if (this.#depth < 0) throw new SyntaxError('a bracket too many is closed');
    if (this.#depth < this.#arrayDepth) this.#arrayDepth = 0;
    if (this.#elementStart < 0 || this.#depth !== this.#arrayDepth) return undefined;
    const text = bytes.toString('utf8', this.#elementStart, at + 1);
    this.#elementStart = -1;
    return { field: this.#field, text };
  }

  /** Holds on to what has begun, and moves the marks with it. */
  #keep(bytes: Buffer): void {
    const start = this.#elementStart >= 0 ? this.#elementStart : this.#stringStart;
    this.#rest = start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
    if (this.#rest.length > MAX_ELEMENT_BYTES) throw new SyntaxError('an element has no end');
    if (start < 0) return;
    if (this.#elementStart >= 0) this.#elementStart -= start;
    if (this.#stringStart >= 0) this.#stringStart -= start;
  }
}
