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
  readonly findings: Finding[] = [];

  /** @param keys that the log may be signed with: one, or several where it was changed */
  constructor(keys: readonly VerifierKey[]) {
    this.#keys = keys;
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
    await this.#addFile(path, readKeptNotes);
  }

  /** What was signed for a size. */
  signedFor(size: number): readonly SignedRoot[] {
    return this.#bySize.get(size) ?? [];
  }

  async #addFile(path: string, read: (path: string) => Promise<readonly string[]>): Promise<void> {
    const file = basename(path);
    try {
      for (const note of await read(path)) this.#add(note, file);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      const message = `${file} is no file of checkpoints: ${error.message}.`;
      this.findings.push({ kind: 'unreadable', file, message });
    }
  }

  #add(note: string, file: string): void {
    const signed = this.#open(note, file);
    if (signed === undefined) return;
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
