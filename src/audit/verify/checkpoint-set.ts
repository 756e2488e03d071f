import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { openCheckpoint, splitNotes } from '../../transparency-log/checkpoint.js';
import type { Hash } from '../../transparency-log/hashes.js';
import { NoteError, type VerifierKey } from '../../transparency-log/signed-note.js';
import { readNotes } from '../read/checkpoint-file.js';
import type { Finding } from './finding.js';

/** A root that was signed for a size, and where that was read. */
export interface SignedRoot {
  readonly size: number;
  readonly root: Hash;
  readonly file: string;
}

const OWN_FILE = /^\d{12}\.checkpoints$/;
const shippedSchema = z.object({ checkpoint: z.string() });

/** Every checkpoint that a log is held against, from beside its segments and from elsewhere. */
export class CheckpointSet {
  readonly #keys: readonly VerifierKey[];
  readonly #bySize = new Map<number, SignedRoot[]>();
  readonly #origin: string;
  readonly findings: Finding[] = [];
  readonly notes: string[] = [];

  /**
   * @param origin of the log
   * @param keys among them those that the log may be signed with: one, or several where it was changed
   */
  constructor(origin: string, keys: readonly VerifierKey[]) {
    this.#origin = origin;
    this.#keys = keys.filter(({ name }) => name === origin);
  }

  /** Sizes that were signed, ascending. */
  get sizes(): readonly number[] {
    return [...this.#bySize.keys()].sort((a, b) => a - b);
  }

  /** Adds the files in the folder of a log. One whose segment is gone counts: it says that there was one. */
  async addOwn(directory: string): Promise<void> {
    const names = (await readdir(directory)).filter((name) => OWN_FILE.test(name)).sort();
    for (const name of names) await this.#addFile(join(directory, name), readNotes);
  }

  /**
   * Adds a file that was kept elsewhere: signed notes one after the other, or JSON lines with a field
   * `checkpoint`, as sinks write them.
   *
   * @throws the file system's error
   */
  async addKept(path: string): Promise<void> {
    const file = basename(path);
    const added = await this.#addFile(path, async () => {
      const notes = await readKeptNotes(path);
      const own = notes.filter((note) => originOf(note) === this.#origin);
      if (own.length < notes.length) {
        const others = String(notes.length - own.length);
        this.notes.push(`${others} checkpoints in ${file} are about other logs.`);
      }
      return own;
    });
    if (added > 0) return;
    const message = `${file} holds no checkpoint of ${this.#origin} that its key has signed.`;
    this.findings.push({ kind: 'unreadable', file, message });
  }

  /** What was signed for a size. */
  signedFor(size: number): readonly SignedRoot[] {
    return this.#bySize.get(size) ?? [];
  }

  /** @returns how many genuine checkpoints there are in it */
  async #addFile(
    path: string,
    read: (path: string) => Promise<readonly string[]>,
  ): Promise<number> {
    const file = basename(path);
    try {
      const notes = await read(path);
      return notes.filter((note) => this.#add(note, file)).length;
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      const message = `${file} is no file of checkpoints: ${error.message}.`;
      this.findings.push({ kind: 'unreadable', file, message });
      return 0;
    }
  }

  /** @returns whether the key has signed it */
  #add(note: string, file: string): boolean {
    const signed = this.#open(note, file);
    if (signed === undefined) return false;
    const others = this.signedFor(signed.size);
    const contradiction = others.find(({ root }) => root !== signed.root);
    if (contradiction !== undefined) {
      this.findings.push({
        kind: 'forked',
        file,
        sequence: signed.size,
        message: `Two logs of ${String(signed.size)} records were signed: one in ${file}, another in ${contradiction.file}.`,
      });
    }
    this.#bySize.set(signed.size, [...others, signed]);
    return true;
  }

  #open(note: string, file: string): SignedRoot | undefined {
    const refusals: string[] = [];
    for (const key of this.#keys) {
      try {
        const { size, root } = openCheckpoint(note, key);
        return { size, root, file };
      } catch (error) {
        if (!(error instanceof NoteError)) throw error;
        refusals.push(error.message);
      }
    }
    this.findings.push({
      kind: 'foreign-signature',
      file,
      message: `A checkpoint in ${file} is not signed by the key: ${refusals.join('; ')}.`,
    });
    return undefined;
  }
}

/** The first line of a note. */
function originOf(note: string): string {
  return note.slice(0, note.indexOf('\n'));
}

async function readKeptNotes(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8');
  if (!text.trimStart().startsWith('{')) return splitNotes(text);
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const shipped = shippedSchema.safeParse(parseJson(line));
      // Records that were shipped to the same place.
      return shipped.success ? [shipped.data.checkpoint] : [];
    });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new NoteError('a line of it is no JSON', { cause });
  }
}
