import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogFolder } from '../../../../src/audit/read/log-folder.js';
import { CheckpointSet } from '../../../../src/audit/verify/checkpoint-set.js';
import { Findings } from '../../../../src/audit/verify/findings.js';
import { Seals } from '../../../../src/audit/verify/seals.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, signer, stop } from '../log/log-fixture.js';

describe('Seals', () => {
  const directory = temporaryFolder(afterAll);
  const segments: { readonly file: string; readonly first: number; readonly line: Buffer }[] = [];

  beforeAll(async () => {
    const { log } = await openTestLog(directory, {
      segments: { maxBytes: 1_000, maxAgeMs: 2 ** 30 },
    });
    for (let round = 0; round < 4; round += 1) await addRecords(log, 4);
    await stop(log);
    for (const { path, first } of (await LogFolder.open(directory)).segments) {
      const [text = ''] = readFileSync(path, 'utf8').split('\n');
      segments.push({ file: `${String(first)}.jsonl`, first, line: Buffer.from(text) });
    }
  });

  /** Checkpoints of some of the segments' files, by their place. */
  async function checkpointsOf(places: readonly number[]): Promise<CheckpointSet> {
    const set = new CheckpointSet(signer.verifierKey.name, [signer.verifierKey], new Findings());
    const { checkpointFiles } = await LogFolder.open(directory);
    for (const place of places) {
      await set.addOwnFile(join(directory, checkpointFiles[place] ?? ''));
    }
    return set;
  }

  function begun(checkpoints: CheckpointSet): Seals {
    const seals = new Seals(checkpoints);
    for (const { file, first, line } of segments) seals.begin({ file, first }, line, first);
    return seals;
  }

  it('a checkpoint over each end → none is unsealed', async () => {
    const seals = begun(await checkpointsOf(segments.map((_, place) => place)));
    expect(seals.unsealed()).toEqual([]);
    expect(seals.isLastUnsealed).toBe(false);
  });

  it('one without → told, with the next checkpoint that was right', async () => {
    const places = segments.map((_, place) => place).filter((place) => place !== 0);
    const seals = begun(await checkpointsOf(places));
    const [first, second] = segments;
    const end = { file: first?.file, size: second?.first };
    expect(seals.unsealed()).toEqual([{ ...end, coveredBy: undefined }]);
    seals.vouched(40);
    seals.vouched(50);
    expect(seals.unsealed()).toEqual([{ ...end, coveredBy: 40 }]);
  });

  it('the end before the last segment, signed while that is read → sealed after all', async () => {
    const last = segments.length - 2;
    const checkpoints = await checkpointsOf(segments.map((_, at) => at).filter((at) => at < last));
    const seals = begun(checkpoints);
    expect(seals.isLastUnsealed).toBe(true);
    expect(seals.unsealed()).toHaveLength(1);
    const { checkpointFiles } = await LogFolder.open(directory);
    await checkpoints.addOwnFile(join(directory, checkpointFiles[last] ?? ''));
    expect(seals.unsealed()).toEqual([]);
  });

  it('a segment that begins elsewhere than where the one before ends → another finding', async () => {
    const seals = new Seals(await checkpointsOf([]));
    const [a, b] = segments;
    if (a === undefined || b === undefined) throw new Error('there are two segments');
    seals.begin(a, a.line, a.first);
    seals.begin(b, b.line, b.first - 1);
    expect(seals.unsealed()).toEqual([]);
  });

  it('a forged log of very many segments → the first thousand', async () => {
    const seals = new Seals(await checkpointsOf([]));
    for (let first = 0; first < 1_200; first += 1) {
      seals.begin({ file: String(first), first }, Buffer.from('{}'), first);
    }
    expect(seals.unsealed()).toHaveLength(1_000);
    expect(seals.isLastUnsealed).toBe(false);
  });

  it('a folder with a file that is no checkpoint of the end → unsealed', async () => {
    const path = join(temporaryFolder(), 'x.checkpoints');
    writeFileSync(path, '');
    const checkpoints = await checkpointsOf([]);
    await checkpoints.addOwnFile(path);
    expect(begun(checkpoints).unsealed()).toHaveLength(segments.length - 1);
  });
});
