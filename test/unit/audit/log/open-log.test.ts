import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Payloads } from '../../../../src/audit/log/payloads.js';
import { UnusableLogError } from '../../../../src/audit/log/unusable-log.js';
import { verifyLog } from '../../../../src/audit/verify/verify.js';
import { splitNotes } from '../../../support/split-notes.js';
import { NotPrivateError } from '../../../../src/durable/private.js';
import { auditRecords } from '../../../support/audit-records.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, signer, stop } from './log-fixture.js';

const FIRST = '000000000000';
const often = { everyRecords: 10, everyMs: 60_000 };
const small = { maxBytes: 2_000, maxAgeMs: 2 ** 30 };

function checkpointsIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.checkpoints'))
    .sort();
}

/** A log that was stopped in order, without its checkpoints from the given file on. */
async function logWithout(records: number, keep: number, overrides = {}): Promise<string> {
  const directory = temporaryFolder();
  const { log } = await openTestLog(directory, overrides);
  for (let done = 0; done < records; done += 5) await addRecords(log, 5);
  await stop(log);
  for (const name of checkpointsIn(directory).slice(keep)) rmSync(join(directory, name));
  return directory;
}

const open = (directory: string, overrides = {}) =>
  openTestLog(directory, { checkpoints: often, ...overrides });

describe('an unsigned tail', () => {
  it('of more records than the schedule allows → refused, with what was found and the ways out', async () => {
    const directory = await logWithout(40, 0);
    const refusal = await open(directory).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UnusableLogError);
    expect(String(refusal)).toMatch(/0 to 41, made between .+ and .+\. There is no checkpoint/);
    expect(String(refusal)).toContain('--accept-unsigned-tail');
  });

  it('over closed segments → refused, though few records are in it', async () => {
    const directory = await logWithout(60, 1, { segments: small });
    expect(checkpointsIn(directory)).toHaveLength(1);
    await expect(openTestLog(directory)).rejects.toThrow('The newest checkpoint covers');
  });

  it('over more time than the schedule allows → refused, though few records are in it', async () => {
    const directory = temporaryFolder();
    let now = Date.parse('2026-01-01T00:00:00Z');
    const payloads = new Payloads('test', { now: () => now });
    const { log } = await openTestLog(directory);
    for (let index = 0; index < 8; index += 1) {
      await log.append(payloads.of('stop', {}));
      now += 300_000;
    }
    await log.close();
    rmSync(join(directory, `${FIRST}.checkpoints`));
    await expect(openTestLog(directory, { checkpoints: often })).rejects.toThrow(UnusableLogError);
  });

  it('that is no longer than a crash leaves → taken over and named, after a step of the clock as well', async () => {
    const directory = temporaryFolder();
    let now = Date.parse('2026-01-01T00:00:00Z');
    const payloads = new Payloads('test', { now: () => now });
    const { log } = await openTestLog(directory, { segments: small });
    for (let index = 0; index < 12; index += 1) {
      await log.append(payloads.of('stop', {}));
      if (index === 5) now += 86_400_000;
      now += 5_000;
    }
    await log.close();
    rmSync(join(directory, `${FIRST}.checkpoints`));
    const { recovery, log: again } = await open(directory);
    expect(recovery).toMatchObject({ unsignedFirst: 0 });
    expect(recovery).not.toHaveProperty('accepted');
    await again.close();
  });

  it('that is accepted → taken over with the words, and the next start asks for none', async () => {
    const directory = await logWithout(40, 0);
    const words = { acceptUnsignedTail: 'restored without checkpoints' };
    const { recovery, log } = await open(directory, words);
    expect(recovery).toMatchObject({
      unsignedFirst: 0,
      unsignedLast: 41,
      accepted: words.acceptUnsignedTail,
    });
    expect(await log.sign()).toBe(true);
    await stop(log);
    const second = await open(directory, words);
    expect(second.recovery).toBeUndefined();
    await second.log.close();
  });

  it('is never left by a log that cannot be signed: it takes no more records', async () => {
    const directory = temporaryFolder();
    const { log, failures } = await openTestLog(directory, { checkpoints: often });
    // Where the checkpoints should be there is something else.
    mkdirSync(join(directory, `${FIRST}.checkpoints`));
    const written: number[] = [];
    const adding = async () => {
      for (let round = 0; round < 20; round += 1) written.push(...(await addRecords(log, 5)));
    };
    await expect(adding()).rejects.toMatchObject({ code: 'EISDIR' });
    expect(failures.length).toBeGreaterThan(0);
    expect(written.length).toBeLessThanOrEqual(2 * often.everyRecords);
    // As if the process had been killed now.
    rmSync(join(directory, `${FIRST}.checkpoints`), { recursive: true });
    const { recovery, log: next } = await open(directory);
    expect(recovery).toMatchObject({ unsignedFirst: 0 });
    await next.close();
    await log.close();
  });
});

describe('checkpoints that are not what the server writes', () => {
  it.each<[string, (path: string) => void]>([
    [
      'bytes that are no text',
      (path) => {
        appendFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x80]));
      },
    ],
    [
      'bytes that are no text in the middle',
      (path) => {
        const bytes = readFileSync(path);
        writeFileSync(path, Buffer.concat([Buffer.from([0xc3, 0x28, 0x0a]), bytes]));
      },
    ],
    [
      'a text of somebody else',
      (path) => {
        appendFileSync(path, 'not a note at all\n');
      },
    ],
  ])('%s → set aside as they are and named, and the genuine ones count', async (_title, damage) => {
    const directory = await logWithout(40, 1);
    const path = join(directory, `${FIRST}.checkpoints`);
    damage(path);
    chmodSync(path, 0o400);
    const bytes = readFileSync(path);
    const { recovery, log } = await open(directory);
    const [aside] = recovery?.setAside ?? [];
    expect(aside).toMatchObject({ bytes: bytes.length, sizes: [42] });
    const kept = join(directory, aside?.file ?? '');
    expect(readFileSync(kept)).toEqual(bytes);
    expect(statSync(kept).mode & 0o777).toBe(0o400);
    await stop(log);
    const report = await verifyLog({
      directory,
      keys: [signer.verifierKey],
      keptCheckpoints: [],
    });
    expect(report).toMatchObject({ findings: [], unsignedRecords: 0 });
  });

  it('of a closed segment → stay as they are', async () => {
    const directory = await logWithout(20, 9, { segments: small });
    const path = join(directory, `${FIRST}.checkpoints`);
    const bytes = Buffer.from([0xff, 0x00, 0x01]);
    writeFileSync(path, bytes);
    const { log } = await openTestLog(directory);
    await stop(log);
    expect(readFileSync(path)).toEqual(bytes);
  });

  it('a note that was being written → cut off', async () => {
    const directory = await logWithout(5, 1);
    const path = join(directory, `${FIRST}.checkpoints`);
    const whole = readFileSync(path);
    for (const piece of [whole.subarray(0, 3), whole.subarray(0, 60), whole.subarray(0, -20)]) {
      writeFileSync(path, Buffer.concat([whole, piece]));
      const { log, recovery } = await open(directory);
      expect(recovery?.setAside).toBeUndefined();
      await log.close();
      // Closing has added one.
      const notes = splitNotes(readFileSync(path, 'utf8'));
      expect(notes).toEqual([whole.toString(), expect.any(String)]);
    }
  });
});

describe('a last segment that is no file of records', () => {
  it.each<[string, (path: string) => void]>([
    ['a pipe', (path) => execFileSync('mkfifo', ['-m', '600', path])],
    [
      'a folder',
      (path) => {
        mkdirSync(path, { mode: 0o600 });
      },
    ],
    [
      '3 GB of zero bytes',
      (path) => {
        writeFileSync(path, '', { mode: 0o600 });
        truncateSync(path, 3e9);
      },
    ],
    [
      'no line end',
      (path) => {
        writeFileSync(path, 'x'.repeat(8e6), { mode: 0o600 });
      },
    ],
  ])('%s → refused at once, and the message names it', async (_title, make) => {
    const directory = await logWithout(5, 1);
    const path = join(directory, '000000000007.jsonl');
    make(path);
    const refusal = await open(directory).catch((error: unknown) => error);
    expect(refusal).toSatisfy(
      (error) => error instanceof UnusableLogError || error instanceof NotPrivateError,
    );
    expect(String(refusal)).toContain(path);
    expect(existsSync(path)).toBe(true);
  });

  it('3 GB of zero bytes after its records → refused at once', async () => {
    const directory = await logWithout(5, 1);
    const path = join(directory, `${FIRST}.jsonl`);
    truncateSync(path, 3e9);
    await expect(open(directory)).rejects.toThrow(path);
  });

  it('some zero bytes after its records, as a power cut leaves them → kept beside, and continued', async () => {
    const directory = await logWithout(5, 1);
    const path = join(directory, `${FIRST}.jsonl`);
    const { size } = statSync(path);
    truncateSync(path, size + 3_000_000);
    const { recovery, log } = await open(directory);
    expect(recovery).toMatchObject({ tornBytes: 3_000_000 });
    await stop(log);
    expect(await auditRecords(directory)).toHaveLength(8);
  });
});
