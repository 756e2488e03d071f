import { basename } from 'node:path';
import { errnoOf } from '../../shared/errno.js';
import type { MerkleFrontier } from '../../transparency-log/frontier.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import { lineBatches } from '../read/lines.js';
import { startOf } from '../read/public-key.js';
import { listSegments, type Segment } from '../read/segments.js';
import { Chain, type SegmentName } from './chain.js';
import { CheckpointSet } from './checkpoint-set.js';
import type { Finding, VerificationReport } from './finding.js';
import { RemovalRecords } from './removal-records.js';

/** What a log is verified with, all of it from elsewhere. */
export interface VerifyOptions {
  /** The folder of the log. Nothing is written to it. */
  readonly directory: string;
  /** That the log's checkpoints are signed with; more than one where the key was changed. */
  readonly keys: readonly [VerifierKey, ...VerifierKey[]];
  /** Files of checkpoints that were kept elsewhere. */
  readonly keptCheckpoints: readonly string[];
}

/** A line of the log, and the segment that it begins. */
interface HeldLine {
  readonly line: Buffer;
  readonly begins: SegmentName | undefined;
}

/**
 * Reads a log from its first record to its last and holds it against what was signed.
 *
 * @throws the file system's error; all else that is wrong is in the report
 */
export async function verifyLog(options: VerifyOptions): Promise<VerificationReport> {
  const { directory, keys, keptCheckpoints } = options;
  const segments = await listSegments(directory);
  const origin = await originOf(segments, keys);
  const checkpoints = new CheckpointSet(origin, keys);
  await checkpoints.addOwn(directory);
  for (const path of keptCheckpoints) await checkpoints.addKept(path);
  const verification = new Verification(checkpoints, segments[0]?.first ?? 0);
  for (const segment of segments) await verification.read(segment);
  return { directory, origin, segments: segments.length, ...verification.end() };
}

/** As the log says, if one of the keys is of that name: several logs may be verified with the keys of all. */
async function originOf(
  segments: readonly Segment[],
  keys: VerifyOptions['keys'],
): Promise<string> {
  const claimed = await claimedOrigin(segments[0]);
  return (keys.find(({ name }) => name === claimed) ?? keys[0]).name;
}

async function claimedOrigin(segment: Segment | undefined): Promise<string | undefined> {
  try {
    return segment && (await startOf(segment))?.record.origin;
  } catch (error) {
    if (errnoOf(error) !== undefined) throw error;
    // A segment that is damaged is found to be so when all of it is read.
    return undefined;
  }
}

/** One reading of a log. */
class Verification {
  readonly #checkpoints: CheckpointSet;
  readonly #first: number;
  readonly #sizes: readonly number[];
  readonly #chain: Chain;
  readonly #findings: Finding[] = [];
  readonly #removals = new RemovalRecords();
  #nextSize = 0;
  #matched = 0;
  #vouchedBefore = 0;
  #records = 0;
  #tornBytes = 0;
  #held: HeldLine | undefined;

  constructor(checkpoints: CheckpointSet, first: number) {
    this.#checkpoints = checkpoints;
    this.#first = first;
    this.#sizes = checkpoints.sizes;
    this.#chain = new Chain(first, {
      found: (finding) => this.#findings.push(finding),
      grown: (tree) => {
        this.#compare(tree);
      },
    });
  }

  /** Reads a segment; where its file is damaged, as far as that goes. */
  async read(segment: Segment): Promise<void> {
    const name = { file: basename(segment.path), first: segment.first };
    let isFirstLine = true;
    let tornBytes = 0;
    this.#closeBefore(name);
    try {
      for await (const { lines, torn } of lineBatches(segment)) {
        for (const line of lines) {
          this.#push(line, isFirstLine ? name : undefined);
          isFirstLine = false;
        }
        tornBytes = torn?.length ?? 0;
      }
    } catch (error) {
      if (errnoOf(error) !== undefined) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const message = `${name.file} cannot be uncompressed to its end: ${why}.`;
      this.#findings.push({ kind: 'unreadable', file: name.file, message });
    }
    this.#tornBytes = tornBytes;
  }

  /** @returns what has come of it */
  end(): Omit<VerificationReport, 'directory' | 'origin' | 'segments'> {
    this.#follow(undefined);
    this.#chain.end();
    const end = this.#chain.expected;
    this.#findCutOff(end);
    return {
      records: this.#records,
      ...(this.#records > 0 && { firstSequence: this.#first, lastSequence: end - 1 }),
      matchedCheckpoints: this.#matched,
      vouchedBefore: this.#vouchedBefore,
      unsignedRecords: Math.max(0, end - Math.max(this.#vouchedBefore, this.#first)),
      tornBytes: this.#tornBytes,
      findings: [
        ...this.#checkpoints.findings,
        ...this.#findings,
        ...this.#missingStart(),
        ...this.#nothingSigned(),
      ],
      notes: this.#notes(end),
    };
  }

  #push(line: Buffer, begins: SegmentName | undefined): void {
    this.#follow(line);
    this.#held = { line, begins };
    this.#records += 1;
  }

  /** Each line is looked at when the one after it is known. */
  #follow(next: Buffer | undefined): void {
    if (this.#held === undefined) return;
    const { line, begins } = this.#held;
    if (begins !== undefined) this.#chain.beginSegment(begins, line, next);
    if (this.#first > 0) this.#removals.add(line, this.#chain.expected);
    this.#chain.add(line, next);
  }

  /** Only the last segment may end in a line that was being written. */
  #closeBefore({ file, first }: SegmentName): void {
    if (this.#tornBytes === 0) return;
    const message = `Before ${file} stand ${String(this.#tornBytes)} bytes that are no whole line.`;
    this.#findings.push({ kind: 'unreadable', file, sequence: first, message });
  }

  #compare(tree: MerkleFrontier): void {
    const { size } = tree;
    while ((this.#sizes[this.#nextSize] ?? Number.POSITIVE_INFINITY) < size) this.#nextSize += 1;
    if (this.#sizes[this.#nextSize] !== size) return;
    const root = tree.root();
    for (const signed of this.#checkpoints.signedFor(size)) {
      if (signed.root === root) {
        this.#matched += 1;
        this.#vouchedBefore = size;
      } else {
        this.#findings.push({
          kind: 'not-as-signed',
          file: signed.file,
          sequence: this.#vouchedBefore,
          message: `Records ${String(Math.max(this.#vouchedBefore, this.#first))} to ${String(size - 1)} are not those that were signed (checkpoint of size ${String(size)} in ${signed.file}).`,
        });
      }
    }
  }

  #findCutOff(end: number): void {
    const last = this.#sizes.at(-1);
    if (last === undefined || last <= end) return;
    const [signed] = this.#checkpoints.signedFor(last);
    this.#findings.push({
      kind: 'cut-off',
      file: signed?.file ?? '',
      sequence: end,
      message: `The log ends before record ${String(end)}, and ${String(last)} records were signed: at least records ${String(end)} to ${String(last - 1)} are not there.`,
    });
  }

  #missingStart(): Finding[] {
    if (this.#records === 0) {
      return [{ kind: 'removed', file: '', sequence: 0, message: 'There is no record at all.' }];
    }
    if (this.#first === 0 || this.#isStartExplained()) return [];
    const message = `The log begins with record ${String(this.#first)}, and no record of it that is signed says that those before were removed by retention.`;
    return [{ kind: 'removed', file: '', sequence: 0, message }];
  }

  #nothingSigned(): Finding[] {
    if (this.#vouchedBefore > 0 || this.#records === 0) return [];
    const message =
      'No checkpoint vouches for any record: whoever can write to the folder can have written all of it.';
    return [{ kind: 'unsigned', file: '', sequence: this.#first, message }];
  }

  #isStartExplained(): boolean {
    return this.#removals.explain(this.#first, this.#vouchedBefore);
  }

  #notes(end: number): string[] {
    const notes = [...this.#checkpoints.notes];
    if (this.#first > 0 && this.#isStartExplained()) {
      notes.push(
        `Records 0 to ${String(this.#first - 1)} are not here: the log says that retention has removed them.`,
      );
    }
    const incomparable = this.#sizes.filter((size) => size <= this.#first && size > 0).length;
    if (incomparable > 0) {
      notes.push(
        `${String(incomparable)} checkpoints are older than the first record here and could not be compared.`,
      );
    }
    if (this.#tornBytes > 0) {
      notes.push(
        `${String(this.#tornBytes)} bytes after record ${String(end - 1)} are no whole record: the process ended while it was being written, or is writing it now.`,
      );
    }
    return notes;
  }
}
