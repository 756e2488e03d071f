import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LogFolder } from '../../src/audit/read/log-folder.js';
import { eachNote } from '../../src/audit/read/notes.js';
import { readRecords } from '../../src/audit/read/records.js';
import type { AuditRecord } from '../../src/audit/record/index.js';
import type { VerificationReport } from '../../src/audit/verify/finding.js';
import { verifyLog } from '../../src/audit/verify/verify.js';
import { parseVerifierKey, type VerifierKey } from '../../src/transparency-log/signed-note.js';
import type { Answer } from './audit-crash-load.js';

/** An answer that tells the caller that there is none: its record may not have been written. */
const WITHHELD = ['DependencyTimeoutException', 'ThrottlingException'];

/** What the files of a log show of the moment at which its server was killed. */
export interface Traces {
  /** A record that was being written. */
  readonly tornRecord: boolean;
  /** A segment that was there and had no record yet. */
  readonly emptySegment: boolean;
  /** A segment that was being compressed, or had just been. */
  readonly halfCompressed: boolean;
  /** A checkpoint that was being written. */
  readonly tornCheckpoint: boolean;
}

/** What came of looking at a log. */
export interface Inspection {
  /** What is wrong: one sentence each. */
  readonly problems: readonly string[];
  readonly report: VerificationReport;
  /** How many records there are of a type. */
  readonly counts: ReadonlyMap<string, number>;
  /** Recovery records that tell of a torn record. */
  readonly tornRecoveries: number;
}

/**
 * A log as somebody sees it who does not trust it: he knows the key from its first day, keeps every
 * checkpoint that he has seen, and remembers what was answered.
 */
export class WatchedLog {
  readonly directory: string;
  readonly #keptFile: string;
  readonly #kept = new Set<string>();
  #key: VerifierKey | undefined;

  /** @param keptFile where to keep checkpoints, outside the log's folder */
  constructor(directory: string, keptFile: string) {
    this.directory = directory;
    this.#keptFile = keptFile;
  }

  /** Call it after a kill, before the next start mends what it finds. */
  async traces(): Promise<Traces> {
    const names = await readdir(this.directory);
    const segments = names.filter((name) => name.endsWith('.jsonl')).sort();
    const last = segments.at(-1);
    const lastSize = last === undefined ? 0 : (await stat(join(this.directory, last))).size;
    return {
      tornRecord: (await this.#verify()).tornBytes > 0,
      emptySegment: last !== undefined && lastSize === 0,
      halfCompressed:
        names.some((name) => name.endsWith('.gz.tmp')) ||
        segments.some((name) => names.includes(`${name}.gz`)),
      tornCheckpoint: await this.#hasTornCheckpoint(names),
    };
  }

  /**
   * Verifies the log, looks for every answer in it, and keeps its checkpoints for the next time.
   *
   * @param isKilled whether the server was killed, and nothing was started since
   */
  async inspect(answers: readonly Answer[], isKilled: boolean): Promise<Inspection> {
    const report = await this.#verify();
    const lastClosed = basename((await LogFolder.open(this.directory)).segments.at(-2)?.path ?? '');
    await this.#keepCheckpoints();
    const reading = new Reading();
    for await (const record of readRecords(this.directory)) reading.add(record);
    const findings = report.findings
      // A kill can come before the first checkpoint; later there must be one.
      .filter(({ kind }) => kind !== 'unsigned' || this.#kept.size > 0)
      // Every kill can leave records that nothing was signed for.
      .filter(({ kind }) => kind !== 'taken-over')
      // A segment is sealed beside the writing of the next one. The next start tells of it.
      .filter(({ kind, file }) => kind !== 'unsealed' || !isKilled || file !== lastClosed)
      .map(({ kind, message }) => `${kind}: ${message}`);
    return {
      problems: [...findings, ...reading.problems, ...reading.missing(answers)],
      report,
      counts: reading.counts,
      tornRecoveries: reading.tornRecoveries,
    };
  }

  async #verify(): Promise<VerificationReport> {
    this.#key ??= parseVerifierKey(await (await LogFolder.open(this.directory)).publicKey());
    const keptCheckpoints = this.#kept.size > 0 ? [this.#keptFile] : [];
    return verifyLog({ directory: this.directory, keys: [this.#key], keptCheckpoints });
  }

  async #keepCheckpoints(): Promise<void> {
    for (const name of await readdir(this.directory)) {
      if (!name.endsWith('.checkpoints')) continue;
      await eachNote(join(this.directory, name), (note) => this.#kept.add(note));
    }
    await writeFile(this.#keptFile, [...this.#kept].join(''));
  }

  async #hasTornCheckpoint(names: readonly string[]): Promise<boolean> {
    for (const name of names.filter((each) => each.endsWith('.checkpoints'))) {
      const path = join(this.directory, name);
      const { wholeBytes } = await eachNote(path, () => undefined);
      if (wholeBytes < (await stat(path)).size) return true;
    }
    return false;
  }
}

/** Looks through the records of a log. */
class Reading {
  readonly counts = new Map<string, number>();
  readonly problems: string[] = [];
  tornRecoveries = 0;
  /** What was recorded of each request. */
  readonly #statuses = new Map<string, number>();
  readonly #abandoned = new Set<number>();
  readonly #sequences = new Map<string, number>();
  #typeBefore: string | undefined;

  add(record: AuditRecord): void {
    const { type, sequence } = record;
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    if (type === 'key-operation') {
      const request = nameOf(record.operation ?? '', record.kmsRequestId ?? '');
      this.#statuses.set(request, record.status);
      this.#sequences.set(request, sequence);
    }
    if (type === 'abandoned') this.#abandoned.add(record.record);
    if (type === 'recovery' && record.tornBytes > 0) this.tornRecoveries += 1;
    if (type === 'start' && !['recovery', 'stop', undefined].includes(this.#typeBefore)) {
      this.problems.push(
        `Record ${sequence} is a start after a kill, and no recovery is before it.`,
      );
    }
    // The first record of a segment may stand anywhere.
    if (type !== 'segment') this.#typeBefore = type;
  }

  /** @returns a sentence for every answer that has no record, or another one */
  missing(answers: readonly Answer[]): string[] {
    return answers.flatMap((answer) => {
      const request = nameOf(answer.operation, answer.kmsRequestId);
      const status = this.#statuses.get(request);
      const wasWithdrawn = this.#abandoned.has(this.#sequences.get(request) ?? -1);
      if (status === answer.status && !wasWithdrawn) return [];
      if (WITHHELD.includes(answer.errorName ?? 'none') && (status === undefined || wasWithdrawn))
        return [];
      const found = status === undefined ? 'no record' : `a record of status ${status}`;
      const withdrawn = wasWithdrawn ? ', which is abandoned' : '';
      return [`${request} was answered ${answer.status}, and has ${found}${withdrawn}.`];
    });
  }
}

function nameOf(operation: string, kmsRequestId: string): string {
  return `${operation} ${kmsRequestId}`;
}
