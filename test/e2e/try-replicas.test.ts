import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { runAsReader } from '../support/documented-commands.js';
import { describeWithReplicas } from '../support/replicas-suite.js';
import { runningIn } from '../support/running-in.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startTrial } from '../support/trial.js';

const start = (parent: string) =>
  startTrial({ name: 'try-replicas', parent, ready: 'replicas/ready', last: 'goes on from here' });

/** The lines of the screen that are to be pasted and come to an end. */
function pastedLines(screen: string): string[] {
  const lines = screen.split('\n').filter((line) => /^ {2}(env|curl|kill) /.test(line));
  return lines.filter((line) => !line.endsWith(' serve'));
}

describeWithReplicas('npm run try:replicas', () => {
  it('twice, and then killed → what it prints works, keys are kept, and nothing outlives it', async () => {
    const parent = temporaryFolder();
    const first = await start(parent);
    try {
      const lines = pastedLines(first.screen());
      expect(lines).toHaveLength(5);
      const reader = { folder: temporaryFolder(), ports: [] };
      const pasted = await runAsReader(lines.join('\n'), reader);
      expect(pasted.code, pasted.output).toBe(0);
      expect(pasted.output.match(/"authenticationTag"/g)).toHaveLength(2);
      expect(first.screen()).toContain('xks-2 has ended (SIGKILL)');
    } finally {
      expect(await first.stop('SIGINT')).toBe(0);
    }
    expect(existsSync(first.ready)).toBe(false);

    const second = await start(parent);
    try {
      const encrypt = pastedLines(second.screen()).find((line) => line.startsWith('  curl'));
      const run = await runAsReader(encrypt ?? '', { folder: temporaryFolder(), ports: [] });
      expect(run.output).toContain('"authenticationTag"');
      expect(runningIn(parent).length).toBeGreaterThan(3);
    } finally {
      await second.stop('SIGKILL');
    }
    await vi.waitUntil(() => runningIn(parent).length === 0, { timeout: 30_000, interval: 50 });
    // Where this process is root, it lies in the home of the server's user.
    rmSync(realpathSync(join(parent, 'replicas', 'postgresql')), { recursive: true });
  });
});
