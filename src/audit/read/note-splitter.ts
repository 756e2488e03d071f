import { NoteError } from '../../transparency-log/signed-note.js';

const SIGNATURE = '\u2014 ';
/** A checkpoint has 200 bytes, and some more for each witness. */
const MAX_NOTE_LENGTH = 64 * 1024;

/** Puts signed notes together that stand one after the other, out of their lines. */
export class NoteSplitter {
  #text = '';
  #signatures = '';

  /** The text behind the last whole note; empty where there is none. */
  get rest(): string {
    return this.#text;
  }

  /**
   * Takes a line, without its line feed.
   *
   * @returns the note that has ended before this line
   * @throws NoteError for what is no signed note
   */
  push(line: string): string | undefined {
    const isSignature = line.startsWith(SIGNATURE);
    if (isSignature && this.#text === '') throw new NoteError('a signature of nothing');
    const note = isSignature ? undefined : this.end();
    if (isSignature) this.#signatures += `${line}\n`;
    else this.#text += `${line}\n`;
    if (this.#text.length + this.#signatures.length > MAX_NOTE_LENGTH) {
      throw new NoteError('a text that is too long for a signed note');
    }
    return note;
  }

  /** @returns the note that ends with the last line; undefined where that is no signature */
  end(): string | undefined {
    if (this.#signatures === '') return undefined;
    const note = this.#text + this.#signatures;
    this.#text = '';
    this.#signatures = '';
    return note;
  }
}
