import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LogFolder, NoLogError } from '../../audit/read/log-folder.js';
import { parseRecord } from '../../audit/read/records.js';
import type { Segment } from '../../audit/read/segments.js';
import { type VouchedLine, vouchedLines } from '../../audit/verify/vouched-lines.js';
import { writeFileAtomically } from '../../durable/atomic-write.js';
import { makePrivateFolder } from '../../durable/private.js';
import type { ToldDestruction } from '../../external-keys/lifecycle/restore-tombstone.js';
import { ifThere } from '../../shared/errno.js';
import { parsedJson } from '../../shared/parsed-json.js';
import { REPLICA_FOLDER } from '../../state/config.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import { isExternalKeyId } from '../../xks/external-key-id.js';
import { messageOf } from '../../shared/reason-of.js';
import { counted } from '../../shared/counted.js';

const FILE = 'told-destructions.json';
const NEEDLE = Buffer.from('"event":"key-destroyed"');
/** Whoever can write the log can write any number of records: more of them are only counted. */
const MAX_UNPROVEN = 100;

const toldSchema = z.object({
  keyManager: z.string(),
  externalKeyId: z.string().refine(isExternalKeyId),
  extent: z.enum(['key', 'version', 'imported-material']),
  keyVersion: z.int().min(1).optional(),
  materialNames: z.array(z.string()),
  at: z.iso.datetime(),
  /** Shown to people, before anybody knows who wrote it. */
  replica: z.string().regex(/^\P{C}{1,256}$/u),
});

const unprovenSchema = z.object({
  ...toldSchema.shape,
  /** Its place in the log. */
  sequence: z.int().min(0),
  vouching: z.enum(['unsigned', 'taken-over', 'not-as-signed']),
});

const fileSchema = z.strictObject({
  format: z.literal(2),
  /** The sequence of the segment to go on with. */
  next: z.int().min(0),
  /** Those that the log's key vouches for. */
  destructions: z.array(toldSchema),
  unproven: z.array(unprovenSchema),
});

type ToldFile = z.infer<typeof fileSchema>;

/** A destruction that nothing proves: anybody who can write the log may have made it up. */
export type UnprovenDestruction = Readonly<z.infer<typeof unprovenSchema>>;

/** The destructions that a log tells of. */
export interface ToldDestructions {
  /** Those that the log's key vouches for. */
  readonly proven: readonly ToldDestruction[];
  readonly unproven: readonly UnprovenDestruction[];
  /** Sentences that say what could not be looked at. */
  readonly problems: readonly string[];
}

/** The log that destructions are read from, and where they are remembered. */
export interface ToldSource {
  /** The folder of the audit log. */
  readonly audit: string;
  /** The key that signs it. */
  readonly key: VerifierKey;
  readonly stateDirectory: string;
}

/**
 * Reads what is new in a log about destructions, and remembers all of them beside the replica's
 * files: they outlast the log's retention. Only a record that the log's own key vouches for is
 * believed. Never rejects: what could not be looked at is among the problems.
 */
export async function readToldDestructions(source: ToldSource): Promise<ToldDestructions> {
  const folder = join(source.stateDirectory, REPLICA_FOLDER);
  const path = join(folder, FILE);
  const problems: string[] = [];
  const reading = new ToldReading(await remembered(path, problems));
  try {
    await reading.read(await LogFolder.open(source.audit), source.key, problems);
    await makePrivateFolder(folder);
    await writeFileAtomically(path, `${JSON.stringify(reading.file)}\n`);
  } catch (error) {
    if (!(error instanceof NoLogError)) problems.push(messageOf(error));
  }
  const { destructions: proven, unproven } = reading.file;
  const { uncounted } = reading;
  if (uncounted > 0) {
    problems.push(`not proven in it: ${counted(uncounted, 'more record')} of destructions`);
  }
  return { proven, unproven, problems };
}

async function remembered(path: string, problems: string[]): Promise<ToldFile | undefined> {
  try {
    const text = await ifThere(readFile(path, 'utf8'));
    if (text === undefined) return undefined;
    const file = fileSchema.safeParse(parsedJson(text)).data;
    if (file !== undefined) return file;
    problems.push(`${path} is damaged: the whole log is read again, as far as it is still there`);
  } catch (error) {
    problems.push(`${path}: ${messageOf(error)}; the whole log is read again`);
  }
  return undefined;
}

class ToldReading {
  readonly #proven = new Map<string, ToldDestruction>();
  #unproven: UnprovenDestruction[] = [];
  #next: number;
  uncounted = 0;

  constructor(known: ToldFile | undefined) {
    this.#next = known?.next ?? 0;
    for (const told of known?.destructions ?? []) this.#proven.set(JSON.stringify(told), told);
    this.#unproven = [...(known?.unproven ?? [])];
  }

  get file(): ToldFile {
    const destructions = [...this.#proven.values()].map((told) => toldSchema.parse(told));
    return { format: 2, next: this.#next, destructions, unproven: this.#unproven };
  }

  /** A segment that cannot be read is read again at the next start, and those after it too. */
  async read(log: LogFolder, key: VerifierKey, problems: string[]): Promise<void> {
    const segments = this.#segments(log);
    const first = log.segments[0]?.first ?? 0;
    const from = segments[0]?.first ?? first;
    // What is gone from the log nobody needs to look at any more; the rest is read again.
    this.#unproven = this.#unproven.filter(({ sequence }) => first <= sequence && sequence < from);
    this.#next = segments.at(-1)?.first ?? 0;
    for (const segment of segments) {
      try {
        await this.#readSegment(log, segment, key);
      } catch (error) {
        problems.push(messageOf(error));
        this.#next = Math.min(this.#next, segment.first);
      }
    }
  }

  /** The segments that are new. */
  #segments(log: LogFolder): readonly Segment[] {
    // A log that ends before was begun anew.
    const isAnew = (log.segments.at(-1)?.first ?? 0) < this.#next;
    const after = isAnew ? [] : log.segmentsFrom(this.#next);
    return after.length > 0 ? after : log.segments;
  }

  async #readSegment(log: LogFolder, segment: Segment, key: VerifierKey): Promise<void> {
    if (!(await mentions(log, segment))) return;
    for (const vouched of await vouchedLines(log, segment, key, isTelling)) {
      this.#take(vouched, segment);
    }
  }

  #take({ line, vouching }: VouchedLine, segment: Segment): void {
    const record = parseRecord(line);
    if (record === undefined) return;
    const told = toldSchema.parse({ ...record, at: record.time });
    if (vouching === 'signed') {
      this.#proven.set(JSON.stringify(told), told);
      return;
    }
    // It may be signed by the next start.
    if (vouching === 'unsigned') this.#next = Math.min(this.#next, segment.first);
    const { sequence } = record;
    if (this.#unproven.length < MAX_UNPROVEN) {
      this.#unproven.push({ ...told, sequence, vouching });
    } else this.uncounted += 1;
  }
}

/** Tells if a segment may hold such a record, at the speed of reading. */
async function mentions(log: LogFolder, segment: Segment): Promise<boolean> {
  let isMentioned = false;
  // To the end of it, which says if it is damaged.
  for await (const lines of log.records(segment)) isMentioned ||= lines.includes(NEEDLE);
  return isMentioned;
}

function isTelling(line: Buffer): boolean {
  if (!line.includes(NEEDLE)) return false;
  const record = parseRecord(line);
  if (record?.type !== 'event' || record.event !== 'key-destroyed') return false;
  return toldSchema.safeParse({ ...record, at: record.time }).success;
}
