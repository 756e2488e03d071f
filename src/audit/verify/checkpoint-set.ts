import { basename } from 'node:path';
import { errnoOf } from '../../shared/errno.js';
import { openCheckpoint } from '../../transparency-log/checkpoint.js';
import type { Hash } from '../../transparency-log/hashes.js';
import { NoteError, type VerifierKey } from '../../transparency-log/signed-note.js';
import { eachNote, isBegunNote } from '../read/notes.js';
import { reasonOf, UnreadableError } from '../read/unreadable.js';
import type { Findings } from './findings.js';
import { eachKeptNote } from './kept-file.js';
import { counted } from '../../shared/counted.js';

/** A root that was signed for a size, and where that was read. */
export interface SignedRoot {
  readonly size: number;
  readonly root: Hash;
  /** Beside the log where it is there, else where it was kept. */
  readonly file: string;
  /** `NAME+ID` of the key. */
  readonly signedBy: string;
  readonly isOwn: boolean;
  readonly isKept: boolean;
}

/** Maximum notes of one file that the key has not signed. A forged file can hold billions. */
const MAX_FOREIGN = 1000;

/** The checkpoints that a log is held against, from its own folder and from elsewhere. */
export class CheckpointSet {
  readonly #keys: readonly VerifierKey[];
  readonly #bySize = new Map<number, SignedRoot[]>();
  readonly #origin: string;
  readonly #findings: Findings;
  /** Genuine checkpoints, which need not be verified again where they are repeated. */
  readonly #seen = new Map<string, SignedRoot>();
  readonly #ownFiles = new Set<string>();
  readonly notes: string[] = [];
  /**
   * Files beside the log that could not be read to their end, and those that the system refused.
   */
  readonly unreadOwn: string[] = [];
  readonly unread: string[] = [];

  /**
   * @param origin of the log
   * @param keys among them those that the log may be signed with: one, or several where it was
   * changed
   */
  constructor(origin: string, keys: readonly VerifierKey[], findings: Findings) {
    this.#origin = origin;
    this.#keys = keys.filter(({ name }) => name === origin);
    this.#findings = findings;
  }

  /** Sizes that were signed, ascending. */
  get sizes(): readonly number[] {
    return [...this.#bySize.keys()].sort((a, b) => a - b);
  }

  /**
   * Adds a file in the folder of the log, or what it has more than when it was read before. One
   * whose segment is gone counts: it says that there was one.
   */
  async addOwnFile(path: string): Promise<void> {
    const file = basename(path);
    this.#ownFiles.add(file);
    let rest = '';
    await this.#orFind(path, true, async (visit) => {
      const end = await eachNote(path, (note) => {
        visit(note, { file, isOwn: true, isKept: false });
      });
      rest = end.rest;
    });
    if (isBegunNote(rest, this.#origin)) return;
    const message = `${file} ends with ${String(rest.length)} characters that are no checkpoint.`;
    this.#findings.add({ kind: 'unreadable', file, message });
  }

  /**
   * Adds a file that was kept elsewhere, as `eachKeptNote` reads it.
   *
   * @throws the file system's error
   */
  async addKept(path: string): Promise<void> {
    const file = basename(path);
    let others = 0;
    let damaged = 0;
    const added = await this.#orFind(path, false, async (visit) => {
      damaged = await eachKeptNote(path, (note) => {
        if (originOf(note) !== this.#origin) others += 1;
        else visit(note, { file, isOwn: false, isKept: true });
      });
    });
    if (others > 0)
      this.notes.push(`${counted(others, 'checkpoint')} in ${file} are about other logs.`);
    if (damaged > 0) this.notes.push(`${counted(damaged, 'line')} of ${file} could not be read.`);
    if (added > 0) return;
    const message = `${file} holds no checkpoint of ${this.#origin} that its key has signed.`;
    this.#findings.add({ kind: 'unreadable', file, message });
  }

  /** The roots that were signed for a size; more than one where the log was forked. */
  signedFor(size: number): readonly SignedRoot[] {
    return this.#bySize.get(size) ?? [];
  }

  /**
   * Tells whether there are checkpoints that were signed while a segment was written, by their
   * file's name.
   */
  hasFile(name: string): boolean {
    return this.#ownFiles.has(name);
  }

  /** @returns how many genuine checkpoints there are in it */
  async #orFind(
    path: string,
    isOwn: boolean,
    read: (visit: (note: string, source: Source) => void) => Promise<void>,
  ): Promise<number> {
    const file = basename(path);
    let genuine = 0;
    let foreign = 0;
    try {
      await read((note, source) => {
        if (this.#add(note, source)) genuine += 1;
        else foreign += 1;
        if (foreign >= MAX_FOREIGN) {
          throw new NoteError(`it has ${String(MAX_FOREIGN)} that the key has not signed`);
        }
      });
    } catch (error) {
      this.#failedToRead(file, isOwn, error);
    }
    return genuine;
  }

  /**
   * @throws the system's error for a file that was named by whoever verifies, and faults of this
   * program
   */
  #failedToRead(file: string, isOwn: boolean, error: unknown): void {
    const isRefused = errnoOf(error) !== undefined && isOwn;
    const isKnown = error instanceof NoteError || error instanceof UnreadableError || isRefused;
    if (!isKnown || !(error instanceof Error)) throw error;
    const message = isRefused
      ? `${file} could not be read: ${error.message}.`
      : `${file} is no file of checkpoints: ${reasonOf(error)}.`;
    this.#findings.add({ kind: 'unreadable', file, message });
    if (isOwn) this.unreadOwn.push(file);
    if (isRefused) this.unread.push(file);
  }

  /** @returns whether the key has signed it */
  #add(note: string, source: Source): boolean {
    const signed = this.#open(note, source);
    if (signed === undefined) return false;
    const others = this.signedFor(signed.size);
    const same = others.find(({ root }) => root === signed.root);
    if (same !== undefined) {
      this.#replace(same, {
        ...(same.isOwn ? same : signed),
        isOwn: same.isOwn || signed.isOwn,
        isKept: same.isKept || signed.isKept,
      });
      return true;
    }
    const [contradiction] = others;
    if (contradiction !== undefined) {
      this.#findings.add({
        kind: 'forked',
        file: source.file,
        sequence: signed.size,
        message: `Two logs of ${counted(signed.size, 'record')} were signed: one in ${source.file}, another in ${contradiction.file}.`,
      });
    }
    this.#bySize.set(signed.size, [...others, signed]);
    return true;
  }

  #replace(old: SignedRoot, signed: SignedRoot): void {
    const all = this.signedFor(old.size).map((each) => (each === old ? signed : each));
    this.#bySize.set(old.size, all);
  }

  #open(note: string, source: Source): SignedRoot | undefined {
    const seen = this.#seen.get(note);
    if (seen !== undefined) return { ...seen, ...source };
    const refusals: string[] = [];
    for (const key of this.#keys) {
      try {
        const { size, root } = openCheckpoint(note, key);
        const signed = { size, root, signedBy: keyId(key), ...source };
        this.#seen.set(note, signed);
        return signed;
      } catch (error) {
        if (!(error instanceof NoteError)) throw error;
        refusals.push(error.message);
      }
    }
    this.#findings.add({
      kind: 'foreign-signature',
      file: source.file,
      message: `A checkpoint in ${source.file} is not signed by the key: ${refusals.join('; ')}.`,
    });
    return undefined;
  }
}

type Source = Pick<SignedRoot, 'file' | 'isOwn' | 'isKept'>;

/** Names a key as people do: without the key itself. */
export function keyId({ name, id }: VerifierKey): string {
  return `${name}+${id.toString('hex')}`;
}

/** The first line of a note. */
function originOf(note: string): string {
  return note.slice(0, note.indexOf('\n'));
}
