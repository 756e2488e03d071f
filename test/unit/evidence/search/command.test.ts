import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../../src/cli/run.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { linesOf, logFolder } from './find.js';
import { lineOf, operation, timeAt, writeSegment } from './log-folder.js';

async function query(...args: readonly string[]): Promise<CapturedTerminal & { code: number }> {
  const terminal = new CapturedTerminal();
  const code = await run(['audit', 'query', ...args], terminal);
  return Object.assign(terminal, { code });
}

describe('holdfast audit query', () => {
  it('--jsonl → the lines as they stand in the log', async () => {
    const folder = logFolder();
    const { code, stdout } = await query('--log', folder, '--jsonl', '--request-id', 'request-15');
    expect(code).toBe(0);
    expect(stdout).toBe(`${linesOf(15, 16).join('')}\n`);
  });

  it('--json → one array, empty where nothing is found', async () => {
    const folder = logFolder();
    const found = await query('--log', folder, '--json', '--where', 'kmsRequestId=request-1*');
    expect(JSON.parse(found.stdout)).toHaveLength(11);
    expect((await query('--log', folder, '--json', '--type', 'start')).stdout).toBe('[]\n');
  });

  it('--json of a record with half of a surrogate pair, as 0.1 wrote it → well-formed', async () => {
    const folder = temporaryFolder();
    const fields = { awsPrincipalArn: 'a\ud800b', cause: '\u{1f511}' };
    writeSegment(folder, { first: 0, lines: [lineOf(operation(0, fields))] });
    const { stdout } = await query('--log', folder, '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ awsPrincipalArn: 'a\ufffdb', cause: '\u{1f511}' }]);
    expect((await query('--log', folder, '--jsonl')).stdout).toContain('a\\ud800b');
  });

  it('a table → a line each, which the values of a record cannot break out of', async () => {
    const folder = temporaryFolder();
    const principal = 'arn:aws:iam::1:role/x\n\u001b[2Jforged';
    writeSegment(folder, {
      first: 0,
      lines: [lineOf(operation(0, { awsPrincipalArn: principal }))],
    });
    const { stdout } = await query('--log', folder);
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stdout).toContain('\\u000a\\u001b[2Jforged');
    expect((await query('--log', folder, '--type', 'stop')).stdout).toBe('No records.\n');
  });

  it.each([
    [['--key', 'payroll', '--operation', 'Encrypt', '--limit', '2'], 2],
    [['--key', 'arn:aws:kms:*'], 0],
    [['--principal', 'somebody'], 0],
    [['--error', '*'], 0],
    [['--where', 'result=success', 'kmsRequestId=request-3', '--where', 'sequence=3'], 1],
    [['--from', timeAt(10), '--to', timeAt(12)], 2],
    [['--from', '2026-01-01', '--to', '2026-01-01T01:00:29+01:00'], 29],
    [['--from', '2026-01-02'], 0],
  ])('%j → %i records', async (args, count) => {
    const { code, stdout } = await query('--log', logFolder(), '--jsonl', ...args);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(count + 1);
  });

  it('more than a table holds → the first of them, and a word on the rest', async () => {
    const { stdout, stderr } = await query('--log', logFolder(), '--limit', '3');
    expect(stdout.split('\n')).toHaveLength(5);
    expect(stderr).toContain('more than these 3');
  });

  it('a damaged segment → what can be found, and exit code 1', async () => {
    const folder = logFolder();
    const path = join(folder, '000000000000.jsonl.gz');
    writeFileSync(path, readFileSync(path).subarray(0, 20));
    const { code, stdout, stderr } = await query(
      '--log',
      folder,
      '--jsonl',
      '--where',
      'sequence=15',
    );
    expect(code).toBe(1);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toContain(path);
  });

  it('a field that no record has → a warning', async () => {
    const { code, stderr } = await query('--log', logFolder(), '--where', 'kmsRequest=x');
    expect(code).toBe(0);
    expect(stderr).toContain('kmsRequest');
  });

  it.each([
    ['a condition without a value', ['--log', '.', '--where', 'type']],
    ['a time without an offset', ['--log', '.', '--from', '2026-01-01T00:00']],
    ['a day that does not exist', ['--log', '.', '--to', '2026-13-01']],
    ['a limit of nothing', ['--log', '.', '--limit', '0']],
  ])('%s → exit code 2', async (_, args) => {
    const { code, stdout, stderr } = await query(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });

  it('a folder that is not there → exit code 1', async () => {
    expect((await query('--log', join(temporaryFolder(), 'none'), '--type', 'start')).code).toBe(1);
  });
});
