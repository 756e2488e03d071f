import { mkdirSync } from 'node:fs';
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
  REQUEST,
  wholeDay,
  writeInput,
  writeLog,
} from '../../evidence/reconciliation/fixtures.js';
import { forged, matching, reconcile } from './reconcile-command.js';

const disagreeing = {
  events: [
    decryptEvent(),
    decryptEvent({ requestID: 'lost' }),
    decryptEvent({ requestID: 'denied', errorCode: 'AccessDenied' }),
  ],
  records: [
    decryptRecord(),
    forged,
    decryptRecord({ kmsRequestId: 'young', time: atNoon(3_500_000) }),
    decryptRecord({ kmsRequestId: 'foreign', awsRegion: 'us-east-1' }),
  ],
};

const SEEN = [
  /^used here without a CloudTrail event +1 +ALARM$/m,
  /^in CloudTrail, never arrived here +1 +ALARM$/m,
  /^pending: younger than 30 minutes +1$/m,
  /^not covered by the CloudTrail input +1$/m,
  /^ +Request id: +forged$/m,
  /^ +Time: +2026-03-01T12:01:00.000Z$/m,
  /^ +Sent by: +203.0.113.9 with credential ABCDEFGHIJKLMNOPQRST$/m,
  /^ +Principal: +arn:aws:iam::111122223333:user\/alice$/m,
  /^ +Request id: +lost$/m,
  /^ +AccessDenied +1$/m,
  /^ +111122223333 +us-east-1 +1 /m,
];

describe('holdfast audit reconcile', () => {
  it('log and CloudTrail agree → exit code 0 and the counts', async () => {
    const { exitCode, terminal } = await reconcile(matching);
    expect(exitCode).toBe(0);
    expect(terminal.stderr).toBe('');
    expect(terminal.stdout).toMatch(/^matched +1$/m);
    expect(terminal.stdout).not.toContain('ALARM');
  });

  it('they disagree → exit code 1, and what is alarming with time, principal, key and request id', async () => {
    const { exitCode, terminal } = await reconcile(disagreeing);
    expect(exitCode).toBe(1);
    expect(terminal.stderr).not.toBe('');
    for (const text of SEEN) expect(terminal.stdout).toMatch(text);
  });

  it('a call that came three times → exit code 1, and its request id', async () => {
    const records = Array<Record<string, unknown>>(3).fill(decryptRecord());
    const { exitCode, terminal } = await reconcile({ ...matching, records });
    expect(exitCode).toBe(1);
    expect(terminal.stdout).toMatch(/^repeated more often than KMS does +1 +ALARM$/m);
    expect(terminal.stdout).toContain(REQUEST);
  });

  it('--json → everything, for programs, with the same exit code', async () => {
    const { exitCode, terminal } = await reconcile(disagreeing, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(terminal.stdout)).toMatchObject({
      alarming: true,
      matched: { calls: 1 },
      usedHereWithoutCloudTrailEvent: {
        count: 1,
        first: [{ kmsRequestId: 'forged', why: 'no-event', clientAddress: '203.0.113.9' }],
      },
      inCloudTrailNeverArrivedHere: { count: 1, first: [{ requestId: 'lost' }] },
      explained: { failedInKms: { AccessDenied: 1 } },
      pending: { count: 1, first: [{ kmsRequestId: 'young' }] },
      notCovered: [{ account: '111122223333', region: 'us-east-1', why: 'no-input', calls: 1 }],
    });
  });

  it('an escape sequence in a name → spelled', async () => {
    const principal = 'arn:aws:iam::111122223333:user/\u001b[2J\nmatched 7';
    const records = [decryptRecord(), { ...forged, awsPrincipalArn: principal }];
    const { terminal } = await reconcile({ ...matching, records });
    expect(terminal.stdout).toContain('user/\\u001b[2J\\u000amatched 7');
  });

  it('--to before the alarm → exit code 0', async () => {
    const records = [decryptRecord(), forged];
    const { exitCode } = await reconcile({ ...matching, records }, '--to', atNoon(30_000));
    expect(exitCode).toBe(0);
  });

  it('--collected-at at the time of the call → pending', async () => {
    const records = [decryptRecord(), forged];
    const { exitCode, terminal } = await reconcile(
      { ...matching, records },
      '--collected-at',
      atNoon(0),
    );
    expect(exitCode).toBe(0);
    expect(terminal.stdout).toMatch(/^pending: younger than 30 minutes +1$/m);
  });
});

describe('a wrong command line or input', () => {
  it.each<[string, (folder: string) => string[], string]>([
    ['no --cloudtrail', () => ['--log', '/none'], '--cloudtrail'],
    [
      'no --log, and nothing where the configuration has it',
      (folder) => ['--cloudtrail', folder],
      '/audit: ',
    ],
    [
      'a time that is none',
      (folder) => ['--cloudtrail', folder, '--log', folder, '--from', 'noon'],
      '--from',
    ],
    [
      'a log that is not there',
      (folder) => ['--cloudtrail', folder, '--log', join(folder, 'none')],
      '/none: ',
    ],
    [
      'a folder without a log',
      (folder) => ['--cloudtrail', folder, '--log', join(folder, 'empty')],
      '/empty: ',
    ],
    [
      'CloudTrail files that are not there',
      (folder) => ['--cloudtrail', join(folder, 'none'), '--log', join(folder, 'audit')],
      '/none: ',
    ],
    [
      'a file of another format',
      (folder) => ['--cloudtrail', join(folder, 'bad.json'), '--log', join(folder, 'audit')],
      '/bad.json: ',
    ],
  ])('%s → exit code 2 and its name', async (_, args, named) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    writeInput(folder, 'bad.json', '{"bad":[]}');
    writeLog(join(folder, 'audit'), wholeDay());
    const terminal = new CapturedTerminal();
    expect(await run(['audit', 'reconcile', ...args(folder)], terminal)).toBe(2);
    expect(terminal.stdout).toBe('');
    expect(terminal.stderr).toContain(named);
  });

  it('a log with a line that is no record → exit code 2', async () => {
    const folder = temporaryFolder();
    const trail = writeInput(folder, 'trail.json', logFile(decryptEvent()));
    writeInput(folder, 'audit/000000000000.jsonl', '{"type":1}\n');
    const terminal = new CapturedTerminal();
    const args = ['--cloudtrail', trail, '--log', join(folder, 'audit')];
    expect(await run(['audit', 'reconcile', ...args], terminal)).toBe(2);
  });
});
