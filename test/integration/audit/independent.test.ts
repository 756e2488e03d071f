import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkProof, proveRecord } from '../../../src/audit/verify/prove.js';
import { verifyLog } from '../../../src/audit/verify/verify.js';
import { splitNotes } from '../../support/split-notes.js';
import {
  auditSigner,
  auditVerifierKey,
  runServer,
  startServer,
} from '../../support/audit-log-folder.js';
import {
  checkpointFilesOf,
  fileOf,
  readImage,
  replaceImage,
  segmentsOf,
  without,
} from '../../support/audit-log-image.js';
import { noLogFiles } from '../../support/files-that-are-no-log.js';
import { mutations } from '../../support/audit-log-mutations.js';
import { describeWithPython, type RunPythonVerifier } from '../../support/audit-log-python.js';
import { SeededRandom } from '../../support/audit-log-random.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DAY_MS = 86_400_000;
const { verifierKey } = auditSigner;

let runPythonVerifier: RunPythonVerifier;

async function verifyWithBoth(directory: string, keptCheckpoints: readonly string[] = []) {
  const kept = keptCheckpoints.length === 0 ? [] : ['--checkpoint', ...keptCheckpoints];
  const ours = await verifyLog({ directory, keys: [verifierKey], keptCheckpoints });
  return {
    ours,
    python: await runPythonVerifier('--public-key', auditVerifierKey, directory, ...kept),
  };
}

/** Both say that nothing is wrong, and the same numbers. */
async function expectAgreement(directory: string) {
  const { ours, python } = await verifyWithBoth(directory);
  expect(ours.findings).toEqual([]);
  expect(python).toEqual({
    ok: true,
    records: ours.records,
    first: ours.firstSequence,
    last: ours.lastSequence,
    signed: ours.vouchedBefore,
    problems: [],
  });
  return ours;
}

/** Six segments, of which the first ones are compressed; one checkpoint every 50 records. */
async function longLog(directory = temporaryFolder()): Promise<string> {
  await runServer({ directory, records: 250 });
  await runServer({ directory, records: 250, aheadMs: 2 * DAY_MS });
  return directory;
}

describeWithPython('verifyLog and a verifier that knows nothing of it', (run) => {
  runPythonVerifier = run;

  it('Ed25519 of the verifier → agrees with RFC 8032', async () => {
    expect(await runPythonVerifier('--self-test')).toMatchObject({ ok: true });
  });

  it.each(['written', 'synced'] as const)(
    'a short log, %s → both accept it',
    async (durability) => {
      const directory = temporaryFolder();
      await runServer({ directory, records: 3, durability });
      expect(await expectAgreement(directory)).toMatchObject({ records: 6, unsignedRecords: 0 });
    },
  );

  it('several segments, compressed ones among them, and a restart → both accept it', async () => {
    const directory = await longLog();
    const names = readdirSync(directory);
    expect(names.filter((name) => name.endsWith('.jsonl.gz')).length).toBeGreaterThan(1);
    expect(names.filter((name) => name.endsWith('.jsonl')).length).toBeGreaterThan(1);
    expect((await expectAgreement(directory)).matchedCheckpoints).toBeGreaterThan(10);
  });

  it('a log that is being written → both accept it, and know how much of it is signed', async () => {
    const directory = temporaryFolder();
    const server = await startServer({ directory, records: 80, everyRecords: 50 });
    try {
      await vi.waitFor(() => {
        const notes = readFileSync(join(directory, '000000000000.checkpoints'), 'utf8');
        expect(splitNotes(notes)).toHaveLength(1);
      });
      expect(await expectAgreement(directory)).toMatchObject({ records: 82, unsignedRecords: 30 });
    } finally {
      await server.close();
    }
  });

  it('retention has removed segments → both accept it', async () => {
    const directory = await longLog();
    await runServer({ directory, records: 5, retentionDays: 1, aheadMs: 4 * DAY_MS });
    const { firstSequence, notes } = await expectAgreement(directory);
    expect(firstSequence).toBeGreaterThan(100);
    expect(notes).toHaveLength(1);
    await runServer({ directory, records: 5, aheadMs: 6 * DAY_MS });
    await runServer({ directory, records: 5, retentionDays: 1, aheadMs: 8 * DAY_MS });
    expect((await expectAgreement(directory)).firstSequence).toBeGreaterThan(firstSequence ?? 0);
  });

  it('killed in the middle of a record and of a checkpoint → both accept it, before and after the restart', async () => {
    const running = temporaryFolder();
    const directory = join(temporaryFolder(), 'killed');
    const server = await startServer({ directory: running, records: 150 });
    cpSync(running, directory, { recursive: true });
    await server.close();
    const last = (pattern: RegExp) =>
      readdirSync(directory)
        .filter((name) => pattern.test(name))
        .sort()
        .at(-1) ?? '';
    appendFileSync(join(directory, last(/\.jsonl$/)), '{"schema":1,"sequence":');
    appendFileSync(join(directory, last(/\.checkpoints$/)), 'xks.example.com/audit-1\n151\nAAAA');
    expect(await expectAgreement(directory)).toMatchObject({ tornBytes: 23 });
    const { vouchedBefore, lastSequence } = await expectAgreement(directory);
    await runServer({ directory, records: 20 });
    const { ours, python } = await verifyWithBoth(directory);
    expect(ours).toMatchObject({ tornBytes: 0, unsignedRecords: 0 });
    expect(ours.findings).toMatchObject([
      { kind: 'taken-over', sequence: vouchedBefore, lastSequence },
    ]);
    const range = `records ${String(vouchedBefore)} to ${String(lastSequence)}`;
    expect(python.problems).toEqual([expect.stringContaining(`taken-over: ${range}`)]);
  });

  describe('the log was changed, and its last checkpoint was kept', () => {
    const directory = temporaryFolder(afterAll);
    const kept = join(temporaryFolder(afterAll), 'kept');
    beforeAll(async () => {
      await longLog(directory);
      const image = readImage(directory);
      const last = fileOf(image, checkpointFilesOf(image).at(-1) ?? '').toString();
      writeFileSync(kept, splitNotes(last).at(-1) ?? '');
    });

    it.each([...mutations.keys()])(
      '%s → both say whether the log is what was written',
      async (name) => {
        const image = readImage(directory);
        const changed = mutations.get(name)?.(image, new SeededRandom(1)) ?? image;
        replaceImage(directory, image, changed);
        try {
          const { ours, python } = await verifyWithBoth(directory, [kept]);
          expect(python.ok, JSON.stringify([ours, python])).toBe(ours.findings.length === 0);
        } finally {
          replaceImage(directory, changed, image);
        }
      },
    );

    it.each([...noLogFiles])(
      '%s in the place of a segment → both say so',
      async (_, { make, compressed }) => {
        const image = readImage(directory);
        for (const name of [segmentsOf(image)[1] ?? '', segmentsOf(image).at(-1) ?? '']) {
          const stem = join(directory, name.slice(0, 12));
          const path = compressed ? `${stem}.jsonl.gz` : `${stem}.jsonl`;
          replaceImage(directory, image, without(image, name));
          try {
            await make(path);
            const { ours, python } = await verifyWithBoth(directory, [kept]);
            expect(python.ok, JSON.stringify([ours, python])).toBe(false);
            expect(ours.findings.length).toBeGreaterThan(0);
          } finally {
            rmSync(path, { recursive: true });
            replaceImage(directory, without(image, name), image);
          }
        }
      },
    );

    it('the checkpoint of another log was kept → both say so', async () => {
      const foreign = join(temporaryFolder(), 'foreign');
      const other = temporaryFolder();
      await runServer({ directory: other, records: 10 });
      const image = readImage(other);
      writeFileSync(foreign, fileOf(image, checkpointFilesOf(image)[0] ?? ''));
      const { ours, python } = await verifyWithBoth(directory, [foreign]);
      expect(ours.findings.map(({ kind }) => kind)).toEqual(['not-as-signed']);
      expect(python.problems).toHaveLength(1);
    });
  });

  describe('a proof of one record', () => {
    const directory = temporaryFolder(afterAll);
    beforeAll(async () => {
      await longLog(directory);
      await runServer({ directory, records: 5, retentionDays: 1, aheadMs: 4 * DAY_MS });
    });

    /** Both must say the same. */
    async function isProven(line: string, proof: string): Promise<boolean> {
      const folder = temporaryFolder();
      const [recordFile, proofFile] = [
        join(folder, 'record.json'),
        join(folder, 'record.tlog-proof'),
      ];
      writeFileSync(recordFile, line);
      writeFileSync(proofFile, proof);
      const { ok } = await runPythonVerifier(
        ...['--public-key', auditVerifierKey, '--record', recordFile, '--proof', proofFile],
      );
      const ours = () => checkProof(Buffer.from(line), proof, verifierKey);
      if (ok) expect(ours).not.toThrow();
      else expect(ours).toThrow();
      return ok;
    }

    it('every fifth record → both accept it', async () => {
      const { firstSequence = 0, lastSequence = 0 } = await expectAgreement(directory);
      for (let sequence = firstSequence; sequence <= lastSequence; sequence += 5) {
        const { line, proof } = await proveRecord(directory, sequence, [verifierKey]);
        expect(await isProven(line, proof), String(sequence)).toBe(true);
      }
    });

    it('the proof of another record → both refuse it', async () => {
      const { lastSequence = 0 } = await expectAgreement(directory);
      const { line } = await proveRecord(directory, lastSequence, [verifierKey]);
      const { proof } = await proveRecord(directory, lastSequence - 1, [verifierKey]);
      expect(await isProven(line, proof)).toBe(false);
    });

    it('a byte of record or proof changed → both refuse it', async () => {
      const { lastSequence = 0 } = await expectAgreement(directory);
      const { line, proof } = await proveRecord(directory, lastSequence - 30, [verifierKey]);
      const random = new SeededRandom(1);
      for (let round = 0; round < 12; round += 1) {
        expect(await isProven(line, changedByte(proof, random)), String(round)).toBe(false);
        expect(await isProven(changedByte(line, random), proof), String(round)).toBe(false);
      }
    });

    it.each([
      ['a hash missing', (lines: readonly string[]) => lines.toSpliced(2, 1)],
      ['a hash too many', (lines: readonly string[]) => lines.toSpliced(2, 0, lines[2] ?? '')],
      ['the signature missing', (lines: readonly string[]) => lines.slice(0, -2)],
      ['no line feed at the end', (lines: readonly string[]) => lines.slice(0, -1)],
    ])('%s → both refuse it', async (_, change) => {
      const { lastSequence = 0 } = await expectAgreement(directory);
      const { line, proof } = await proveRecord(directory, lastSequence - 30, [verifierKey]);
      expect(await isProven(line, change(proof.split('\n')).join('\n'))).toBe(false);
    });
  });
});

/** To another letter or digit. */
function changedByte(text: string, random: SeededRandom): string {
  const at = random.below(text.length);
  const other = random.pick(['A', 'b', '7'].filter((letter) => letter !== text[at]));
  return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
}
