import { describe, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointSet } from '../../../../src/audit/verify/checkpoint-set.js';
import { Findings } from '../../../../src/audit/verify/findings.js';
import { OwnWords } from '../../../../src/audit/verify/own-words.js';
import type { ReadingResult, VerificationScope } from '../../../../src/audit/verify/reading.js';
import { Seals } from '../../../../src/audit/verify/seals.js';
import { summary } from '../../../../src/audit/verify/summary.js';
import { signCheckpoint } from '../../../../src/transparency-log/checkpoint.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { signer } from '../log/log-fixture.js';

const ORIGIN = signer.verifierKey.name;
const ROOT = `${'A'.repeat(43)}=`;

/** The end of a reading of 100 records that are all signed. */
interface Given {
  readonly result?: Partial<ReadingResult>;
  readonly scope?: Partial<VerificationScope>;
  /** Sizes of checkpoints beside the log, and of those that were kept. */
  readonly own?: readonly number[];
  readonly kept?: readonly number[];
  /** Records of the log about itself, with their sequence. */
  readonly told?: readonly { readonly sequence: number; readonly [field: string]: unknown }[];
}

async function summed({ result, scope, own = [100], kept = [], told = [] }: Given = {}) {
  const findings = new Findings();
  const checkpoints = new CheckpointSet(ORIGIN, [signer.verifierKey], findings);
  const folder = temporaryFolder();
  const notes = (sizes: readonly number[]) =>
    sizes.map((size) => signCheckpoint({ origin: ORIGIN, size, root: ROOT }, signer)).join('');
  writeFileSync(join(folder, 'kept'), notes(kept));
  writeFileSync(join(folder, '0.checkpoints'), notes(own));
  if (kept.length > 0) await checkpoints.addKept(join(folder, 'kept'));
  await checkpoints.addOwnFile(join(folder, '0.checkpoints'));
  const words = new OwnWords();
  for (const record of told) words.add(Buffer.from(JSON.stringify(record)), record.sequence);
  const all: ReadingResult = {
    ...{ records: 100, end: 100, matchedSizes: [100], matchedKept: 0, signedBy: new Set(['k']) },
    ...{ vouchedBefore: 100, root: ROOT, firstTime: 'a', lastTime: 'b', tornBytes: 0 },
    ...{ isUnread: false, isEndUnread: false, unread: [], ...result },
  };
  return summary({
    result: all,
    checkpoints,
    findings,
    words,
    seals: new Seals(checkpoints),
    scope: { first: 0, accepted: [], isHeldAgainstKept: true, visit: undefined, ...scope },
  });
}

describe('the summary of a verification', () => {
  it('all signed and held against kept checkpoints → nothing found, all vouched for', async () => {
    expect(await summed({ kept: [100], result: { matchedKept: 1 } })).toEqual({
      ...{ signedBy: ['k'], records: 100, firstSequence: 0, lastSequence: 99 },
      ...{ firstTime: 'a', lastTime: 'b', matchedCheckpoints: 1, matchedKeptCheckpoints: 1 },
      ...{ vouchedBefore: 100, root: ROOT, unsignedRecords: 0, tornBytes: 0 },
      ...{ findings: [], moreFindings: {}, unread: [], notVouchedFor: [], notes: [] },
    });
  });

  it.each<[string, Given, object]>([
    [
      'more was signed than is there',
      { own: [100, 120] },
      { kind: 'cut-off', sequence: 100, lastSequence: 119, file: '0.checkpoints' },
    ],
    [
      'the start is missing, and nothing says why',
      { scope: { first: 20 } },
      { kind: 'removed', sequence: 0, lastSequence: 19 },
    ],
    ['there is no record', { own: [], result: empty() }, { kind: 'removed', sequence: 0 }],
    [
      'nothing is signed',
      { own: [], result: { vouchedBefore: 0, matchedSizes: [], root: undefined } },
      { kind: 'unsigned', sequence: 0 },
    ],
    [
      'a kept checkpoint is not beside the log',
      { own: [100], kept: [60], result: { matchedSizes: [60, 100] } },
      { kind: 'checkpoint-removed' },
    ],
    [
      'records were taken over',
      { told: [{ sequence: 50, type: 'recovery', unsignedFirst: 40, unsignedLast: 49 }] },
      { kind: 'taken-over', sequence: 40, lastSequence: 49 },
    ],
  ])('%s → found', async (_, given, finding) => {
    expect((await summed(given)).findings).toMatchObject([finding]);
  });

  it.each<[string, Given]>([
    [
      'the end could not be read → it is not called cut off',
      { own: [100, 120], result: { isEndUnread: true } },
    ],
    [
      'no record could be read → none is called removed',
      { own: [], result: { ...empty(), isUnread: true } },
    ],
    [
      'a signed retention record explains the start',
      {
        scope: { first: 20 },
        told: [{ sequence: 60, type: 'retention', firstSequence: 0, lastSequence: 19 }],
      },
    ],
  ])('%s', async (_, given) => {
    expect((await summed(given)).findings).toEqual([]);
  });

  it('a tail without a signature, and nothing kept elsewhere → not vouched for', async () => {
    const { notVouchedFor, unsignedRecords } = await summed({
      result: { end: 130, records: 130, unread: ['x.jsonl'] },
      scope: { isHeldAgainstKept: false },
    });
    expect(unsignedRecords).toBe(30);
    expect(notVouchedFor).toEqual([
      'Records 100 to 129: not signed yet. They follow on from each other.',
      'What stands in x.jsonl, which could not be read.',
      expect.stringContaining('no checkpoint that was kept elsewhere'),
    ]);
  });

  it('older checkpoints, half a record, and what a start has found → noted', async () => {
    const { notes } = await summed({
      own: [10, 100],
      scope: { first: 20 },
      result: { tornBytes: 7 },
      told: [
        { sequence: 60, type: 'retention', firstSequence: 0, lastSequence: 19 },
        { sequence: 70, type: 'recovery', tornBytes: 5 },
      ],
    });
    expect(notes).toEqual([
      expect.stringContaining('retention has removed them'),
      expect.stringContaining('1 checkpoint is older'),
      'Record 70 says that a start has cut off 5 bytes, and has set aside nothing.',
      expect.stringContaining('7 bytes after record 99'),
    ]);
  });
});

function empty(): Partial<ReadingResult> {
  const none = { root: undefined, firstTime: undefined, lastTime: undefined };
  return { records: 0, end: 0, matchedSizes: [], vouchedBefore: 0, ...none };
}
