import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.js';
import { CapturedTerminal } from '../../support/captured-terminal.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Two segments, one of them compressed, as version 0.1 has written them. */
const FIXTURE = fileURLToPath(new URL('../../fixtures/audit-log-0.1', import.meta.url));
const KEY = 'xks.example.com/audit-1+b3acef2f+AZ5a4Rk/TwkXEHVXQEAv9Xm+tqKYkjyIb5j5H2eroo9d';

describe('a log of version 0.1', () => {
  const directory = join(temporaryFolder(afterAll), 'log');
  cpSync(FIXTURE, directory, { recursive: true });

  async function audit(...args: string[]) {
    const terminal = new CapturedTerminal();
    const code = await run(['audit', ...args, '--log', directory], terminal);
    return { code, stdout: terminal.stdout, stderr: terminal.stderr };
  }

  it('verified → nothing is wrong', async () => {
    expect(readdirSync(FIXTURE).filter((name) => name.includes('.jsonl'))).toHaveLength(2);
    const { code, stdout } = await audit('verify', '--public-key', KEY, '--json');
    expect(code).toBe(0);
    const [page] = JSON.parse(stdout) as unknown[];
    expect(page).toMatchObject({ findings: [], records: 183, unsignedRecords: 0 });
  });

  it.each([8, 99])('request %i searched for → found', async (number) => {
    const id = `4112f4d6-db54-4af4-ae30-${String(number).padStart(12, '0')}`;
    const { code, stdout } = await audit('query', '--request-id', id, '--jsonl');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stdout).toContain(`"kmsRequestId":"${id}"`);
  });

  it('reported → its records are counted', async () => {
    const period = ['--from', '2026-01-01', '--to', '2027-01-01', '--format', 'json'];
    const { code, stdout } = await audit('report', ...period, '--public-key', KEY);
    expect(code).toBe(0);
    expect(stdout).toContain('183');
  });

  it('asked for its public key → that of its segments', async () => {
    expect((await audit('public-key')).stdout.trim()).toBe(KEY);
  });
});
