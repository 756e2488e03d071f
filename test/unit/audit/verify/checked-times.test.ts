import { afterAll, describe, expect, it } from 'vitest';
import { verifyLog } from '../../../../src/audit/verify/verify.js';
import { rebuild, signedAnew } from '../../../support/audit-log-attacker.js';
import {
  type LogImage,
  linesOf,
  readImage,
  replaceImage,
  segmentsOf,
} from '../../../support/audit-log-image.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, signer, stop } from '../log/log-fixture.js';

const FALSE_WORDS: readonly [string, (head: string) => string][] = [
  ['an earliest time that is later', (head) => head.replace(/"earliest":"2/, '"earliest":"3')],
  ['a latest time that is earlier', (head) => head.replace(/"latest":"2/, '"latest":"1')],
  ['a latest time that is later', (head) => head.replace(/"latest":"2/, '"latest":"3')],
  ['another first record', (head) => head.replace(/"firstSequence":/, '"firstSequence":1')],
];

// The lines of a segment of two records are followed one by one, those of longer ones are digested.
describe.each([
  ['two records', 1],
  ['many records', 4_000],
])('a log of segments of %s', (_, maxBytes) => {
  const directory = temporaryFolder(afterAll);

  async function image(): Promise<LogImage> {
    if (segmentsOf(readImage(directory)).length === 0) {
      const segments = { maxBytes, maxAgeMs: 2 ** 30 };
      const { log } = await openTestLog(directory, { segments });
      for (let round = 0; round < 60; round += 1) await addRecords(log, 1);
      await stop(log);
    }
    return readImage(directory);
  }

  async function findingsIn(changed: LogImage) {
    const written = readImage(directory);
    replaceImage(directory, written, changed);
    try {
      const keys = [signer.verifierKey];
      return (await verifyLog({ directory, keys, keptCheckpoints: [] })).findings;
    } finally {
      replaceImage(directory, changed, written);
    }
  }

  function withHead(log: LogImage, change: (head: string) => string): LogImage {
    const changed = rebuild(log, ([first = [], second = [], third = [], ...rest]) => {
      const [head = '', ...others] = third;
      return [first, second, [change(head), ...others], ...rest];
    });
    return signedAnew(changed, signer);
  }

  it('nothing changed → nothing found', async () => {
    const log = await image();
    const second = linesOf(log, segmentsOf(log)[1] ?? '')[0]?.toString();
    expect(JSON.parse(second ?? '')).toMatchObject({ segmentBefore: { firstSequence: 0 } });
    expect(await findingsIn(withHead(log, (head) => head))).toEqual([]);
  });

  it.each(FALSE_WORDS)('a head that names %s, and is signed → changed', async (__, change) => {
    const log = await image();
    const [, , file = ''] = segmentsOf(log);
    expect(await findingsIn(withHead(log, change))).toMatchObject([
      { kind: 'changed', file, sequence: Number.parseInt(file, 10) },
    ]);
  });

  it('a head that says nothing, as those of 0.1 → nothing found', async () => {
    const silent = (head: string) => head.replace(/,"segmentBefore":\{[^}]*\}/, '');
    expect(await findingsIn(withHead(await image(), silent))).toEqual([]);
  });

  it('a record before the head was changed → that record, and not the head', async () => {
    const log = await image();
    const changed = new Map(log);
    const [, file = ''] = segmentsOf(log);
    const text = changed.get(file)?.toString('latin1') ?? '';
    const at = text.lastIndexOf('"time":"2') + '"time":"'.length;
    changed.set(file, Buffer.from(`${text.slice(0, at)}1${text.slice(at + 1)}`, 'latin1'));
    const sequence = Number.parseInt(file, 10) + linesOf(log, file).length - 1;
    expect(await findingsIn(changed)).toMatchObject([{ kind: 'changed', sequence }]);
  });
});
