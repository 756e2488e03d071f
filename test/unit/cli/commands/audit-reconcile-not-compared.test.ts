import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../../src/cli/run.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import {
  atNoon,
  decryptEvent,
  decryptRecord,
  logFile,
  OTHER_KEY,
  otherEvent,
  wholeDay,
  writeInput,
  writeLog,
} from '../../evidence/reconciliation/fixtures.js';
import { forged, type Input, matching, reconcile } from './reconcile-command.js';

describe('a comparison that has compared nothing', () => {
  const ofKms = decryptEvent({
    requestID: 'own',
    additionalEventData: undefined,
    resources: [{ ARN: OTHER_KEY }],
    requestParameters: null,
  });
  const early = decryptRecord({ kmsRequestId: 'x', time: '2026-03-01T00:30:00.000Z' });

  it.each<[string, Input, string[], string]>([
    [
      'CloudTrail of another hour',
      {
        events: [ofKms],
        records: [early],
      },
      [],
      'no call in the logs has an event',
    ],
    ['no call in the log', { events: [], records: [] }, [], 'no call in the logs'],
    [
      'only pending calls',
      { events: [], records: [decryptRecord()] },
      ['--collected-at', atNoon(0)],
      'no call in the logs',
    ],
    [
      'a period in which nothing was',
      matching,
      ['--from', '2026-02-01', '--to', '2026-02-02'],
      'no call in the logs',
    ],
    [
      'another region',
      { events: [], records: [decryptRecord({ awsRegion: 'us-east-1' })] },
      [],
      'region us-east-1: 1 call',
    ],
    [
      'another account',
      { events: [], records: [decryptRecord({ awsAccount: '444455556666' })] },
      [],
      'account 444455556666',
    ],
    [
      'another region beside one that matches',
      {
        ...matching,
        records: [decryptRecord(), decryptRecord({ kmsRequestId: 'x', awsRegion: 'us-east-1' })],
      },
      [],
      'region us-east-1: 1 call',
    ],
    [
      'a mistyped key store',
      { ...matching, events: [...matching.events, decryptEvent({ requestID: 'lost' })] },
      ['--custom-key-store', 'cks-0123456789abcdef1'],
      'cks-0123456789abcdef1: no event has this id; the input has cks-0123456789abcdef0',
    ],
    [
      'a mistyped key store beside the right one',
      matching,
      ['--custom-key-store', 'cks-0123456789abcdef0', 'cks-1'],
      'cks-1: no event has this id',
    ],
  ])('%s → exit code 4, and says what', async (_, input, options, named) => {
    const { exitCode, terminal } = await reconcile(input, ...options);
    expect(exitCode).toBe(4);
    expect(terminal.stderr).toContain(named);
    expect(terminal.stdout).toContain('NOT COMPARED');
    expect(terminal.stdout).not.toContain('ALARM');
  });

  it('the right key store → exit code 0', async () => {
    const { exitCode } = await reconcile(matching, '--custom-key-store', 'cks-0123456789abcdef0');
    expect(exitCode).toBe(0);
  });

  it('an alarm and a mistyped key store → exit code 1, and both', async () => {
    const records = [decryptRecord(), forged];
    const { exitCode, terminal } = await reconcile(
      { ...matching, records },
      ...['--custom-key-store', 'cks-1', '--json'],
    );
    expect(exitCode).toBe(1);
    expect(terminal.stderr).toContain('cks-1');
    expect(JSON.parse(terminal.stdout)).toMatchObject({
      verdict: 'alarmed',
      notCompared: [
        { what: 'custom-key-store', id: 'cks-1', idsInInput: ['cks-0123456789abcdef0'] },
      ],
    });
  });

  it('files without an event → exit code 4', async () => {
    const folder = temporaryFolder();
    const trail = writeInput(folder, 'trail.json', logFile());
    const terminal = new CapturedTerminal();
    const log = writeLog(join(folder, 'audit'), wholeDay(decryptRecord()));
    const args = ['audit', 'reconcile', '--cloudtrail', trail, '--log', log];
    expect(await run(args, terminal)).toBe(4);
  });

  it('the same event in two files → compared once, exit code 0', async () => {
    const folder = temporaryFolder();
    const early = otherEvent({ eventTime: '2026-03-01T01:00:00Z' });
    writeInput(folder, 'trail/a.json', logFile(early, decryptEvent(), otherEvent()));
    writeInput(folder, 'trail/b.jsonl', JSON.stringify(decryptEvent()));
    const log = writeLog(join(folder, 'audit'), wholeDay(decryptRecord()));
    const terminal = new CapturedTerminal();
    const args = ['--cloudtrail', join(folder, 'trail'), '--log', log, '--json'];
    expect(await run(['audit', 'reconcile', ...args], terminal)).toBe(0);
    expect(JSON.parse(terminal.stdout)).toMatchObject({
      verdict: 'matched',
      notCompared: [],
      matched: { calls: 1, repeats: 0 },
      cloudTrail: { repetitions: 1 },
    });
  });
});
