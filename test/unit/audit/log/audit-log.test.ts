import { generateKeyPairSync } from 'node:crypto';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLog } from '../../../../src/audit/log/open-log.js';
import { UnusableLogError } from '../../../../src/audit/log/unusable-log.js';
import { LogFolder } from '../../../../src/audit/read/log-folder.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { openCheckpoint } from '../../../../src/transparency-log/checkpoint.js';
import { splitNotes } from '../../../support/split-notes.js';
import { noteSigner } from '../../../../src/transparency-log/signed-note.js';
import { NotPrivateError } from '../../../../src/durable/private.js';
import { auditRecords } from '../../../support/audit-records.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { treeHash } from '../../transparency-log/merkle-oracle.js';
import { addRecords, openTestLog, payloads, signer, stop } from './log-fixture.js';

const FIRST = '000000000000.jsonl';

function linesOf(directory: string): Buffer[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1))
    .map((line) => Buffer.from(line));
}

describe('a log', () => {
  it('that is written to by many at once → every record once, in order, each with its number', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    const sequences = await addRecords(log, 100);
    await stop(log);
    expect(sequences).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const records = await auditRecords(directory);
    expect(records.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 102 }, (_, index) => index),
    );
    expect(records[0]).toMatchObject({ type: 'segment', frontier: [], origin: 'log.example/test' });
  });

  it('is ASCII, whatever is recorded', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    await addRecords(log, 1);
    await stop(log);
    expect(readFileSync(join(directory, FIRST), 'latin1')).toMatch(/^[\x20-\x7e\n]*$/);
    expect((await auditRecords(directory))[1]).toMatchObject({
      request: { note: 'Zürich \u202e' },
    });
  });

  it.each(['written', 'synced'] as const)(
    'that is closed → a checkpoint whose root is that of the definition (%s)',
    async (durability) => {
      const directory = temporaryFolder();
      const { log } = await openTestLog(directory, { durability });
      await addRecords(log, 20);
      await stop(log);
      const lines = linesOf(directory);
      const text = readFileSync(join(directory, '000000000000.checkpoints'), 'utf8');
      const [note = ''] = splitNotes(text);
      expect(openCheckpoint(note, signer.verifierKey)).toEqual({
        origin: 'log.example/test',
        size: lines.length,
        root: treeHash(lines),
      });
    },
  );

  it('is signed when so many records are not, and a moment after the first', async () => {
    const checkpoints = { everyRecords: 10, everyMs: 2 ** 30 };
    const { log, notes } = await openTestLog(temporaryFolder(), { checkpoints });
    for (let round = 0; round < 5; round += 1) await addRecords(log, 10);
    await expect.poll(() => notes.length).toBe(5);
    await log.close();

    const soon = { everyRecords: 2 ** 20, everyMs: 5 };
    const other = await openTestLog(temporaryFolder(), { checkpoints: soon });
    await addRecords(other.log, 1);
    await expect.poll(() => other.notes.length).toBeGreaterThan(0);
    await other.log.close();
  });

  it('goes on in a new segment when one is full, with the tree of all before', async () => {
    const directory = temporaryFolder();
    const segments = { maxBytes: 2_000, maxAgeMs: 2 ** 30 };
    const { log, failures } = await openTestLog(directory, { segments });
    for (let round = 0; round < 10; round += 1) await addRecords(log, 5);
    await stop(log);
    const records = await auditRecords(directory);
    const starts = records.filter(({ type }) => type === 'segment');
    expect(starts.length).toBeGreaterThan(3);
    expect(failures).toEqual([]);
    const notes = readdirSync(directory)
      .filter((name) => name.endsWith('.checkpoints'))
      .flatMap((name) => splitNotes(readFileSync(join(directory, name), 'utf8')));
    expect(notes).toHaveLength(starts.length);
    const lines = linesOf(directory);
    for (const note of notes) {
      const { size, root } = openCheckpoint(note, signer.verifierKey);
      expect(root).toEqual(treeHash(lines.slice(0, size)));
    }
  });

  it('goes on after a restart as if there had been none', async () => {
    const directory = temporaryFolder();
    for (let start = 0; start < 3; start += 1) {
      const { log, recovery } = await openTestLog(directory);
      expect(recovery).toBeUndefined();
      await addRecords(log, 7);
      await stop(log);
    }
    const lines = linesOf(directory);
    const notes = splitNotes(readFileSync(join(directory, '000000000000.checkpoints'), 'utf8'));
    const last = openCheckpoint(notes.at(-1) ?? '', signer.verifierKey);
    expect(last).toMatchObject({ size: 25, root: treeHash(lines) });
  });
});

describe('a log that nobody has closed', () => {
  it('is cut back to its last whole record, and says how much that was', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    await addRecords(log, 3);
    await log.close();
    appendFileSync(join(directory, FIRST), '{"schema":1,"sequ');
    const { log: again, recovery } = await openTestLog(directory);
    expect(recovery).toMatchObject({ tornBytes: 17, tornSha256: expect.any(String) });
    await addRecords(again, 1);
    await stop(again);
    expect(await auditRecords(directory)).toHaveLength(6);
  });

  it('whose segment or checkpoint had only been begun → goes on', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    await addRecords(log, 3);
    await stop(log);
    writeFileSync(join(directory, '000000000005.jsonl'), '{"sche', { mode: 0o600 });
    appendFileSync(join(directory, '000000000000.checkpoints'), 'log.example/test\n5\nabc');
    const { log: again } = await openTestLog(directory);
    await addRecords(again, 1);
    await stop(again);
    expect(await auditRecords(directory)).toHaveLength(7);
    const notes = readFileSync(join(directory, '000000000000.checkpoints'), 'utf8');
    expect(splitNotes(notes)).toHaveLength(2);
  });
});

describe('records that nobody had signed', () => {
  it('are taken over, and named in the recovery, whoever wrote them', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    await addRecords(log, 3);
    await stop(log);
    const added = await openTestLog(directory, {
      signer: noteSigner('log.example/test', generateKeyPairSync('ed25519').privateKey),
    });
    await added.log.append(payloads.of('stop', {}));
    await added.log.close();
    rmSync(join(directory, '000000000005.checkpoints'));
    const { recovery, log: again } = await openTestLog(directory);
    expect(recovery).toMatchObject({ tornBytes: 0, unsignedFirst: 5, unsignedLast: 6 });
    await again.close();
  });

  it('may be all that there are, at the beginning', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    await addRecords(log, 3);
    await stop(log);
    rmSync(join(directory, '000000000000.checkpoints'));
    const { recovery, log: again } = await openTestLog(directory);
    expect(recovery).toMatchObject({ unsignedFirst: 0, unsignedLast: 4 });
    await again.close();
  });

  it('are too many where a checkpoint must have been signed', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    await addRecords(log, 30);
    await stop(log);
    rmSync(join(directory, '000000000000.checkpoints'));
    const opening = openLog(await LogFolder.list(directory), {
      key: signer.verifierKey,
      everyRecords: 2,
      everyMs: 60_000,
      clock: systemClock,
    });
    await expect(opening).rejects.toThrow(UnusableLogError);
  });
});

describe('a log that was changed is not continued', () => {
  async function closedLog(): Promise<string> {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    await addRecords(log, 5);
    await stop(log);
    return directory;
  }

  it.each<[string, (directory: string) => void]>([
    [
      'a record in the middle',
      (directory) => {
        const path = join(directory, FIRST);
        writeFileSync(path, readFileSync(path, 'utf8').replace('key-2', 'key-9'));
      },
    ],
    [
      'the last record',
      (directory) => {
        const path = join(directory, FIRST);
        writeFileSync(path, readFileSync(path, 'utf8').replace('"stop"', '"stap"'));
      },
    ],
    [
      'its end, which was signed',
      (directory) => {
        const path = join(directory, FIRST);
        truncateSync(path, readFileSync(path, 'utf8').indexOf('{"schema":1,"sequence":5,'));
      },
    ],
    [
      'its beginning',
      (directory) => {
        const path = join(directory, FIRST);
        writeFileSync(path, readFileSync(path, 'utf8').replace('"segment"', '"start"'));
      },
    ],
    [
      'its last segment, whose checkpoints are still there',
      (directory) => {
        rmSync(join(directory, FIRST));
      },
    ],
    [
      'a link in the place of its checkpoints',
      (directory) => {
        const path = join(directory, '000000000000.checkpoints');
        renameSync(path, join(directory, 'elsewhere'));
        symlinkSync(join(directory, 'elsewhere'), path);
      },
    ],
  ])('%s', async (_title, change) => {
    const directory = await closedLog();
    change(directory);
    await expect(openTestLog(directory)).rejects.toSatisfy(
      (error) => error instanceof UnusableLogError || error instanceof NotPrivateError,
    );
  });

  it('nor one of another name', async () => {
    const directory = await closedLog();
    const other = noteSigner('log.example/other', signer.privateKey);
    await expect(openTestLog(directory, { signer: other })).rejects.toThrow(UnusableLogError);
  });
});
