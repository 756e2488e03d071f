import { basename } from 'node:path';
import type { MerkleFrontier } from '../../transparency-log/frontier.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import { lineBatches } from '../read/lines.js';
import { parseRecord } from '../read/records.js';
import { checkpointsPath, listSegments, type Segment } from '../read/segments.js';
import { Chain, type SegmentName } from './chain.js';
import { CheckpointSet } from './checkpoint-set.js';
import type { Finding, VerificationReport } from './finding.js';

/** What a log is verified with, all of it from elsewhere. */
export interface VerifyOptions {
  /** The folder of the log. Nothing is written to it. */
  readonly directory: string;
  /** That the log's checkpoints are signed with; more than one where the key was changed. */
  readonly keys: readonly [VerifierKey, ...VerifierKey[]];
  /** Files of checkpoints that were kept elsewhere. */
  readonly keptCheckpoints: readonly string[];
}

/** Marks a record that tells of removed segments, in a line that nobody has to parse. */
const RETENTION_MARK = '"type":"retention"';

/**
 * Reads a log from its first record to its last and holds it against what was signed.
 *
 * @throws the file system's error; all else that is wrong is in the report
 */
export async function verifyLog(options: VerifyOptions): Promise<VerificationReport> {
  const { directory, keys, keptCheckpoints } = options;
  const segments = await listSegments(directory);
  const checkpoints = new CheckpointSet(keys);
  for (const { first } of segments) await checkpoints.addOwn(checkpointsPath(directory, first));
  for (const path of keptCheckpoints) await checkpoints.addKept(path);
  const verification = new Verification(checkpoints, segments[0]?.first ?? 0);
  for (const segment of segments) await verification.read(segment);
  return { directory, origin: keys[0].name, segments: segments.length, ...verification.end() };
}

/** One reading of a log. */
class Verification {
  readonly #checkpoints: CheckpointSet;
  readonly #first: number;
  readonly #sizes: readonly number[];
  readonly #chain: Chain;
  readonly #findings: Finding[] = [];
  #nextSize = 0;
  #matched = 0;
  #vouchedBefore = 0;
  #records = 0;
  #tornBytes = 0;
  #removedBefore = 0;
  #held: Buffer | undefined;

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
    try {
      for await (const { lines, torn } of lineBatches(segment)) {
        for (const line of lines) {
          this.#push(line, isFirstLine ? name : undefined);
          isFirstLine = false;
        }
        this.#tornBytes = torn?.length ?? 0;
      }
    } catch (error) {
      if (!segment.compressed) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const message = `${name.file} cannot be uncompressed to its end: ${why}.`;
      this.#findings.push({ kind: 'unreadable', file: name.file, message });
    }
  }

  /** @returns what has come of it */
  end(): Omit<VerificationReport, 'directory' | 'origin' | 'segments'> {
    if (this.#held !== undefined) this.#chain.add(this.#held, undefined);
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
      findings: [...this.#checkpoints.findings, ...this.#findings, ...this.#unexplainedStart()],
      notes: this.#notes(end),
    };
  }

  /** Each line is looked at when the one after it is known. */
  #push(line: Buffer, begins: SegmentName | undefined): void {
    if (this.#held !== undefined) this.#chain.add(this.#held, line);
    if (begins !== undefined) this.#chain.beginSegment(begins, line);
    this.#held = line;
    this.#records += 1;
    if (line.includes(RETENTION_MARK)) this.#noteRetention(line);
  }

  #noteRetention(line: Buffer): void {
    const record = parseRecord(line);
    if (record.type === 'retention') this.#removedBefore = record.lastSequence + 1;
  }

  #compare(tree: MerkleFrontier): void {
    const { size } = tree;
    while ((this.#sizes[this.#nextSize] ?? Number.POSITIVE_INFINITY) < size) this.#nextSize += 1;
    if (this.#sizes[this.#nextSize] !== size) return;
    const root = tree.root();
    for (const signed of this.#checkpoints.signedFor(size)) {
      if (signed.root.equals(root)) {
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

  #unexplainedStart(): Finding[] {
    if (this.#first === 0 || this.#removedBefore >= this.#first) return [];
    const message = `The log begins with record ${String(this.#first)}, and no record of it says that those before were removed by retention.`;
    return [{ kind: 'removed', file: '', sequence: 0, message }];
  }

  #notes(end: number): string[] {
    const notes: string[] = [];
    if (this.#first > 0 && this.#removedBefore >= this.#first) {
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
