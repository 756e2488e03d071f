import { parsedJson } from '../../shared/parsed-json.js';
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { splitLines, wholeLines } from '../read/line-chunks.js';
import { NoteSplitter } from '../read/notes.js';

const CHUNK_BYTES = 1024 * 1024;
const BYTE_ORDER_MARK = '\uFEFF';
const FIELD = '"checkpoint"';
const shippedSchema = z.object({ checkpoint: z.string() });

/**
 * Reads a file of checkpoints that were kept elsewhere: signed notes one after the other, or JSON
 * lines with a field `checkpoint`, as sinks write them, records among them or not. It may have been
 * pasted or sent: line ends of Windows, blank lines between notes and a missing line feed at the
 * end change nothing, because the signature says whether a note is whole.
 *
 * @param visit is called with each note
 * @returns how many lines may have been checkpoints and are none
 * @throws NoteError or UnreadableError, after the notes before the damage; the file system's error
 */
export async function eachKeptNote(path: string, visit: (note: string) => void): Promise<number> {
  const file = new KeptFile(visit);
  // Whoever names a pipe means it.
  const contents: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  for await (const { bytes, torn } of wholeLines(path, contents)) {
    for (const line of splitLines(bytes)) file.push(line.toString());
    if (torn !== undefined) file.push(torn.toString());
  }
  return file.end();
}

class KeptFile {
  readonly #visit: (note: string) => void;
  readonly #notes = new NoteSplitter();
  #isJson: boolean | undefined;
  #damaged = 0;

  constructor(visit: (note: string) => void) {
    this.#visit = visit;
  }

  push(raw: string): void {
    const line = raw.replace(/\r$/, '').replace(BYTE_ORDER_MARK, '');
    if (this.#isJson === undefined && line.trim() === '') return;
    this.#isJson ??= line.trimStart().startsWith('{');
    if (this.#isJson) this.#pushJson(line);
    else this.#take(this.#notes.push(line));
  }

  end(): number {
    this.#take(this.#notes.end());
    return this.#damaged;
  }

  #pushJson(line: string): void {
    // Most are records that were shipped to the same place.
    if (!line.includes(FIELD)) return;
    const shipped = shippedSchema.safeParse(parsedJson(line));
    if (shipped.success) this.#take(`${shipped.data.checkpoint.replace(/\n$/, '')}\n`);
    else this.#damaged += 1;
  }

  #take(note: string | undefined): void {
    if (note !== undefined) this.#visit(note.replace(/^\n+/, ''));
  }
}
