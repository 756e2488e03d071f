import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerificationReport } from '../../../src/audit/verify/finding.js';
import { type VerificationInput, verifyLog } from '../../../src/audit/verify/verify.js';
import { splitNotes } from '../../support/split-notes.js';
import { linesAfter, payloadOf } from '../../support/audit-log-attacker.js';
import { auditSigner, runServer } from '../../support/audit-log-folder.js';
import {
  allLinesOf,
  checkpointFilesOf,
  fileOf,
  type LogImage,
  linesOf,
  readImage,
  replaceImage,
  segmentsOf,
  withLines,
} from '../../support/audit-log-image.js';
import { mutations } from '../../support/audit-log-mutations.js';
import { SeededRandom } from '../../support/audit-log-random.js';

const DAY_MS = 86_400_000;
const LINE_FEED = 0x0a;
/**
 * `HOLDFAST_MUTATIONS=10000 HOLDFAST_MUTATION_SEED=7 npx vitest run mutation` tries more of them,
 * and others. Each kind of change is tried 15 times on either log when nothing is said.
 */
const COUNT = Number(process.env['HOLDFAST_MUTATIONS'] ?? 1_050);
const SEED = Number(process.env['HOLDFAST_MUTATION_SEED'] ?? 1);
const NAMES = [...mutations.keys()];
/** The checkpoints are all there. */
const LEAVE_THE_LOG_AS_IT_IS = ['swap two files of checkpoints'];
const FLIPS = Math.ceil(COUNT / 8);
const TIMEOUT_MS = 600_000 + 30 * COUNT;

/** A log as it was written, and what an auditor has who holds its last checkpoint. */
interface AuditedLog {
  readonly options: VerificationInput;
  readonly image: LogImage;
  readonly text: string;
}

describe(`a log that was changed, and an auditor who holds its last checkpoint (seed ${String(SEED)})`, () => {
  const logs: AuditedLog[] = [];
  const [whole, shortened, kept] = [folderInMemory(), folderInMemory(), folderInMemory()];

  beforeAll(async () => {
    const short = { records: 70, segmentBytes: 32 * 1024, everyRecords: 100 };
    await runServer({ ...short, directory: whole });
    await runServer({ ...short, directory: whole, aheadMs: 2 * DAY_MS });
    cpSync(whole, shortened, { recursive: true });
    const later = { retentionDays: 1, aheadMs: 4 * DAY_MS };
    await runServer({ ...short, directory: shortened, ...later });
    logs.push(audited(whole, join(kept, 'whole')), audited(shortened, join(kept, 'shortened')));
  });

  it('nothing changed → nothing found, and everything signed', async () => {
    for (const { options } of logs) {
      expect(await verifyLog(options)).toMatchObject({ findings: [], unsignedRecords: 0 });
    }
  });

  it('a record added behind the last checkpoint → not found, and said to be unsigned', async () => {
    for (const log of logs) {
      const last = segmentsOf(log.image).at(-1) ?? '';
      const lines = linesOf(log.image, last);
      const forged = linesAfter(log.image, last, lines.slice(1, 2).map(payloadOf));
      const report = await verifyMutated(log, withLines(log.image, last, [...lines, ...forged]));
      expect(report).toMatchObject({ findings: [], unsignedRecords: 1 });
    }
  });

  it(
    `${String(COUNT)} changes at random → each is found that leaves not every line as it was`,
    async () => {
      const found = new Set<string>();
      const missed: string[] = [];
      const tryOn = async (log: AuditedLog, lane: number) => {
        for (let round = lane; round < COUNT; round += logs.length) {
          const name = NAMES[Math.floor(round / logs.length) % NAMES.length] ?? '';
          const mutated = mutate(log.image, name, round);
          const findings = await findingsIn(log, mutated);
          if (findings > 0) found.add(name);
          else if (findings < 0 || textOf(mutated) !== log.text) missed.push(`${name}, ${round}`);
        }
      };
      await Promise.all(logs.map(tryOn));
      expect(missed).toEqual([]);
      expect(NAMES.filter((name) => !found.has(name))).toEqual(LEAVE_THE_LOG_AS_IT_IS);
    },
    TIMEOUT_MS,
  );

  it(
    `a bit of a record flipped, ${String(FLIPS)} times → that record is the one that was changed`,
    async () => {
      const random = new SeededRandom(SEED);
      for (let round = 0; round < FLIPS; round += 1) {
        const log = random.pick(logs);
        const { image, sequence } = flipInRecord(log.image, random);
        const { findings } = await verifyMutated(log, image);
        const changed = findings.filter(({ kind }) => kind === 'changed');
        expect(
          changed.map((finding) => finding.sequence),
          `round ${String(round)}`,
        ).toEqual([sequence]);
      }
    },
    TIMEOUT_MS,
  );
});

function mutate(image: LogImage, name: string, round: number): LogImage {
  return mutations.get(name)?.(image, new SeededRandom(SEED * 1_000_003 + round)) ?? image;
}

/** @returns how many there are; -1 where verification itself has failed */
async function findingsIn(log: AuditedLog, mutated: LogImage): Promise<number> {
  try {
    return (await verifyMutated(log, mutated)).findings.length;
  } catch {
    return -1;
  }
}

async function verifyMutated(
  { options, image }: AuditedLog,
  mutated: LogImage,
): Promise<VerificationReport> {
  replaceImage(options.directory, image, mutated);
  try {
    return await verifyLog(options);
  } finally {
    replaceImage(options.directory, mutated, image);
  }
}

/**
 * Neither a line feed nor made one: there are as many lines as before. The last record has no
 * successor to tell of it.
 */
function flipInRecord(image: LogImage, random: SeededRandom) {
  const segments = segmentsOf(image);
  const name = random.pick(segments);
  const lines = linesOf(image, name);
  const index = random.below(name === segments.at(-1) ? lines.length - 1 : lines.length);
  const line = Buffer.from(lines[index] ?? '');
  const at = random.below(line.length);
  const byte = (line[at] ?? 0) ^ (1 << random.below(8));
  line[at] = byte === LINE_FEED ? 0 : byte;
  const sequence = Number.parseInt(name, 10) + index;
  return { image: withLines(image, name, lines.with(index, line)), sequence };
}

/** What a reader of the log sees: its lines, uncompressed, in the order of the segments. */
function textOf(image: LogImage): string | undefined {
  return allLinesOf(image)?.join('\n');
}

/** @param kept path of the checkpoint that the auditor holds */
function audited(directory: string, kept: string): AuditedLog {
  const image = readImage(directory);
  const notes = splitNotes(fileOf(image, checkpointFilesOf(image).at(-1) ?? '').toString());
  writeFileSync(kept, notes.at(-1) ?? '');
  const options: VerificationInput = {
    directory,
    keys: [auditSigner.verifierKey],
    keptCheckpoints: [kept],
  };
  return { options, image, text: textOf(image) ?? '' };
}

/** Where there is such a thing: files are written 8,000 times. */
function folderInMemory(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'holdfast-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
