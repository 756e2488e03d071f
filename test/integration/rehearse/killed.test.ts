import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PROGRAM = join(import.meta.dirname, '../../../dist/cli/main.js');
const WAITING = { timeout: 30_000, interval: 50 };

function hasStarted(folder: string): boolean {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const log = files.find((name) => /serve-\w+\.log$/.test(name));
  return log !== undefined && readFileSync(join(folder, log), 'utf8').includes('"msg":"started"');
}

/** Tells whether a server runs with a configuration in a folder. */
function isServed(folder: string): boolean {
  return execFileSync('ps', ['-A', '-ww', '-o', 'args'], { encoding: 'utf8' }).includes(folder);
}

describe('a rehearsal that is killed', () => {
  it('by SIGKILL, which it cannot see → the Holdfast that it started ends as well', async () => {
    const folder = temporaryFolder();
    const rehearsal = spawn(process.execPath, [PROGRAM, 'rehearse'], {
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: folder },
    });
    await vi.waitUntil(() => hasStarted(folder), WAITING);
    expect(isServed(folder)).toBe(true);
    const ended = once(rehearsal, 'exit');
    rehearsal.kill('SIGKILL');
    await ended;
    await vi.waitUntil(() => !isServed(folder), WAITING);
  }, 70_000);
});
