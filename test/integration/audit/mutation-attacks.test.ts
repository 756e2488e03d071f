import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyLog } from '../../../src/audit/verify/verify.js';
import { auditSigner, runServer } from '../../support/audit-log-folder.js';
import {
  contentOf,
  type LogImage,
  linesOf,
  readImage,
  replaceImage,
  segmentsOf,
  withContent,
  withLines,
  without,
} from '../../support/audit-log-image.js';
import { checkpointsOf, mutations } from '../../support/audit-log-mutations.js';
import { SeededRandom } from '../../support/audit-log-random.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DAY_MS = 86_400_000;

describe('a log that was changed, and an auditor who has its files and the key alone', () => {
  const directory = temporaryFolder(afterAll);
  let image: LogImage;
  let segments: readonly string[];

  beforeAll(async () => {
    const short = { directory, records: 60, segmentBytes: 24 * 1024 };
    await runServer(short);
    await runServer({ ...short, aheadMs: 2 * DAY_MS });
    await runServer({ ...short, retentionDays: 1, aheadMs: 4 * DAY_MS });
    image = readImage(directory);
    segments = segmentsOf(image);
  });

  async function findingsIn(changed: LogImage) {
    replaceImage(directory, image, changed);
    try {
      const options = { directory, keys: [auditSigner.verifierKey], keptCheckpoints: [] } as const;
      return (await verifyLog(options)).findings;
    } finally {
      replaceImage(directory, changed, image);
    }
  }

  const attack = (name: string) => mutations.get(name)?.(image, new SeededRandom(1)) ?? image;

  it('nothing changed, and a beginning that retention has removed → nothing found', async () => {
    expect(Number.parseInt(segments[0] ?? '', 10)).toBeGreaterThan(0);
    expect(await findingsIn(image)).toEqual([]);
  });

  it('records added to a closed segment, that follow on from its last one → inserted', async () => {
    const changed = attack('add records that follow on to a closed segment');
    const [name = ''] = segments.filter((one) => changed.get(one) !== image.get(one));
    const sequence = Number.parseInt(name, 10) + linesOf(image, name).length;
    expect(await findingsIn(changed)).toMatchObject([{ kind: 'inserted', file: name, sequence }]);
  });

  it('the beginning removed, and an unsigned record that says it was retention → removed', async () => {
    const changed = attack('remove the beginning and say that it was retention');
    expect(await findingsIn(changed)).toMatchObject([{ kind: 'removed', sequence: 0 }]);
  });

  it('half a line at the end of a closed segment → unreadable', async () => {
    const [name = ''] = segments;
    const content = Buffer.concat([contentOf(image, name), Buffer.from('{"schema":1')]);
    const findings = await findingsIn(withContent(image, name, content));
    expect(findings).toMatchObject([{ kind: 'unreadable' }]);
  });

  it('the last segment removed, and not its checkpoints → cut off', async () => {
    const name = segments.at(-1) ?? '';
    const findings = await findingsIn(without(image, name));
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'cut-off', file: checkpointsOf(name) }),
    );
  });

  it('every file removed → removed', async () => {
    const findings = await findingsIn(without(image, ...image.keys()));
    expect(findings).toMatchObject([{ kind: 'removed' }]);
  });

  it('the record of the retention is no JSON any more → changed, and the beginning removed', async () => {
    const name = segments.find((one) => contentOf(image, one).includes('"type":"retention"')) ?? '';
    const lines = linesOf(image, name);
    const index = lines.findIndex((line) => line.includes('"type":"retention"'));
    const broken = Buffer.concat([lines[index] ?? Buffer.alloc(0), Buffer.from('x')]);
    const findings = await findingsIn(withLines(image, name, lines.with(index, broken)));
    expect(findings.map(({ kind }) => kind)).toEqual(['changed', 'removed']);
  });
});
