import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  compressSegments,
  findOldSegments,
  removeSegments,
} from '../../../../src/audit/log/closed-segments.js';
import { verifyLog } from '../../../../src/audit/verify/verify.js';
import { auditRecords } from '../../../support/audit-records.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, payloads, signer, stop } from './log-fixture.js';

const LATER = Date.now() + 86_400_000;

/** A log of several segments, each of some kilobytes. */
async function logOfSegments(): Promise<string> {
  const directory = temporaryFolder();
  const segments = { maxBytes: 2_000, maxAgeMs: 2 ** 30 };
  const { log } = await openTestLog(directory, { segments });
  for (let round = 0; round < 6; round += 1) await addRecords(log, 8);
  await stop(log);
  return directory;
}

const verify = (directory: string) =>
  verifyLog({ directory, keys: [signer.verifierKey], keptCheckpoints: [] });

describe('compression', () => {
  it('keeps every byte, leaves the last segment alone, and zcat reads it', async () => {
    const directory = await logOfSegments();
    const names = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
    const texts = names.map((name) => readFileSync(join(directory, name)));
    await compressSegments(directory, LATER);
    expect(readdirSync(directory).filter((name) => name.endsWith('.jsonl'))).toEqual(
      names.slice(-1),
    );
    const [first = ''] = names;
    const zipped = join(directory, `${first}.gz`);
    expect(gunzipSync(readFileSync(zipped))).toEqual(texts[0]);
    expect(execFileSync('gzip', ['-dc', zipped])).toEqual(texts[0]);
    expect(await verify(directory)).toMatchObject({ findings: [], unsignedRecords: 0 });
  });

  it('leaves alone what was closed a moment ago', async () => {
    const directory = await logOfSegments();
    await compressSegments(directory, Date.now() - 60_000);
    expect(readdirSync(directory).some((name) => name.endsWith('.gz'))).toBe(false);
  });
});

describe('retention', () => {
  it('finds nothing where nothing is old enough', async () => {
    const directory = await logOfSegments();
    expect(await findOldSegments(directory, Date.now() - 60_000)).toBeUndefined();
  });

  it.each([false, true])(
    'removes old segments, and the rest verifies (compressed: %s)',
    async (compressed) => {
      const directory = await logOfSegments();
      if (compressed) await compressSegments(directory, LATER);
      const old = await findOldSegments(directory, LATER);
      if (old === undefined) throw new Error('nothing is old');
      const { firstSequence, lastSequence } = old;
      const { log } = await openTestLog(directory);
      await log.append(payloads.of('retention', { firstSequence, lastSequence }));
      await removeSegments(directory, old);
      await stop(log);

      const [first] = await auditRecords(directory);
      expect(first).toMatchObject({ type: 'segment', sequence: lastSequence + 1 });
      expect(existsSync(join(directory, '000000000000.checkpoints'))).toBe(false);
      const report = await verify(directory);
      expect(report).toMatchObject({ findings: [], firstSequence: lastSequence + 1 });
      expect(report.notes.join()).toContain('retention');
    },
  );

  it('of somebody else is found: no record says that the beginning was removed', async () => {
    const directory = await logOfSegments();
    const old = await findOldSegments(directory, LATER);
    if (old === undefined) throw new Error('nothing is old');
    await removeSegments(directory, old);
    expect((await verify(directory)).findings).toMatchObject([{ kind: 'removed' }]);
  });
});
