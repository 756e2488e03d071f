import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takePort } from '../../support/free-ports.js';
import {
  type HoldfastOptions,
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
  startInVain,
} from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';
import { healthBody } from '../../support/xks-requests.js';

async function start(options: HoldfastOptions): Promise<HoldfastServer> {
  const server = await startHoldfast(options);
  onTestFinished(() => server.kill());
  return server;
}

/**
 * In a folder of its own and without the server's environment. Throws where the exit code is not 0.
 */
async function runInShell(command: string): Promise<string> {
  const { PATH = '' } = process.env;
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], {
    cwd: temporaryFolder(),
    env: { PATH },
  });
  return stdout;
}

describe('the start screen of a quickstart', () => {
  it('its commands, copied to a shell elsewhere → work', async () => {
    const server = await start({});
    const [, commands = ''] = /^Next.*\n((?: {2}.*\n)+)/m.exec(server.log()) ?? [];
    const [keysList = '', curl = ''] = commands.trim().split('\n');

    expect(await runInShell(keysList)).toMatch(/^quickstart-key /m);
    expect(curl).toMatch(/^ +curl .*\/ping$/);
    await runInShell(`${curl} --fail --silent`);
  });
});

describe('a server that cannot start', () => {
  it('because its port is taken → says so, exits with 1, and lets go of what it had', async () => {
    const stateDirectory = temporaryFolder();
    const { port, release } = await takePort();
    onTestFinished(release);
    const configuration = quickstartConfiguration();
    const listeners = configuration.listeners.map((listener) => ({ ...listener, port }));

    const attempt = { stateDirectory, configuration: { ...configuration, listeners } };
    const { code, log } = await startInVain(attempt);

    expect(code).toBe(1);
    expect(log).toMatch(new RegExp(`^[^{].*127\\.0\\.0\\.1:${String(port)}`, 'm'));
    expect(log).not.toMatch(/^ +at /m);
    expect(existsSync(join(stateDirectory, 'admin.sock'))).toBe(false);
    const next = await start({ stateDirectory });
    expect(await next.stop()).toBe(0);
  });

  it('because another one has its folder → says so, exits with 1, and does not disturb it', async () => {
    const stateDirectory = temporaryFolder();
    const first = await start({ stateDirectory });

    const { code, log } = await startInVain({ stateDirectory });

    expect(code).toBe(1);
    expect(log).toMatch(/ is in use by another process, .*Stop that process first/);
    const client = new XksClient(first);
    expect(await client.call('health', healthBody())).toMatchObject({ status: 200 });
    client.close();
    expect(await first.holdfast('keys', 'list')).toMatchObject({ code: 0 });
    expect(await first.stop()).toBe(0);
  });
});
