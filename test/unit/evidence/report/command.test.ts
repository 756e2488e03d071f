import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../../src/cli/run.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { writeSegment } from '../search/log-folder.js';
import { operation, writeLog } from './report-log.js';

const PERIOD = ['--from', '2026-01-01', '--to', '2026-02-01'];

async function report(...args: readonly string[]): Promise<CapturedTerminal & { code: number }> {
  const terminal = new CapturedTerminal();
  const code = await run(['audit', 'report', ...args], terminal);
  return Object.assign(terminal, { code });
}

function log(): string {
  return writeLog(temporaryFolder(), [operation()]);
}

describe('holdfast audit report', () => {
  it('no format → HTML on standard output', async () => {
    const { code, stdout } = await report('--log', log(), ...PERIOD);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<!DOCTYPE html>\n[^]*payroll[^]*<\/html>\n$/);
  });

  it('--format json → what the options say', async () => {
    const { stdout } = await report('--log', log(), ...PERIOD, '--format', 'json', '--top', '1');
    expect(JSON.parse(stdout)).toMatchObject({
      to: '2026-02-01T00:00:00.000Z',
      sections: { operations: { tables: { 'operations-by-location': { rows: [{ total: 1 }] } } } },
    });
  });

  it('--output → a new file for its owner alone', async () => {
    const output = join(temporaryFolder(), 'report.html');
    const args = ['--log', log(), ...PERIOD, '--output', output];
    expect(await report(...args)).toMatchObject({ code: 0, stdout: '' });
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect((await report(...args)).code).toBe(1);
  });

  it('--format csv → a folder with a file a table', async () => {
    const output = join(temporaryFolder(), 'q1');
    const args = ['--log', log(), ...PERIOD, '--format', 'csv', '--output', output];
    expect((await report(...args)).code).toBe(0);
    expect(readdirSync(output).length).toBeGreaterThan(25);
    const name = readdirSync(output).find((file) => file.endsWith('-keys-without-inventory.csv'));
    expect(readFileSync(join(output, name ?? ''), 'utf8')).toContain('"hsm","payroll",1,0,0,');
  });

  it('records taken over unsigned → said on standard error as well', async () => {
    const recovery = { type: 'recovery', tornBytes: 0, unsignedFirst: 0, unsignedLast: 0 };
    const folder = writeLog(temporaryFolder(), [operation(), recovery]);
    const { code, stderr } = await report('--log', folder, ...PERIOD);
    expect(code).toBe(0);
    expect(stderr).toContain('Attention (1): Records were taken over unsigned (1 in all)');
  });

  it('a damaged segment → the report, and exit code 1', async () => {
    const folder = log();
    const path = writeSegment(folder, { first: 5, lines: ['{}'], linesInMember: 1 });
    writeFileSync(path, readFileSync(path).subarray(0, 12));
    const output = join(temporaryFolder(), 'report.json');
    const { code, stderr } = await report(
      ...['--log', folder, ...PERIOD, '--format', 'json', '--output', output],
    );
    expect(code).toBe(1);
    expect(stderr).toContain(path);
    expect(existsSync(output)).toBe(true);
  });

  it.each([
    ['no period', ['--to', '2026-01-01']],
    ['a period that ends before it begins', ['--from', '2026-01-02', '--to', '2026-01-01']],
    ['csv without a folder', [...PERIOD, '--format', 'csv']],
    ['a format that is none', [...PERIOD, '--format', 'pdf']],
    ['no days', [...PERIOD, '--cryptoperiod-days', '0']],
  ])('%s → exit code 2', async (_, args) => {
    const { code, stdout } = await report('--log', log(), ...args);
    expect([code, stdout]).toEqual([2, '']);
  });
});
