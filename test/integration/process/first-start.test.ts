import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HoldfastProcess } from '../../support/holdfast-process.js';
import { type PlainFolders, writePlainConfiguration } from '../../support/plain-configuration.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

function serve(config: string, ...options: readonly string[]): HoldfastProcess {
  const args = [PROGRAM, 'serve', '--config', config, ...options];
  const server = new HoldfastProcess(process.env, args);
  onTestFinished(async () => {
    await server.end('SIGKILL');
  });
  return server;
}

/** Starts a server that is expected to serve, and stops it. @returns what it has written */
async function served(config: string, ...options: readonly string[]): Promise<string> {
  const server = serve(config, ...options);
  await server.started();
  expect(await server.end('SIGTERM')).toBe(0);
  return server.log();
}

/** Starts a server that is expected to refuse. @returns what it has written */
async function refused(config: string, ...options: readonly string[]): Promise<string> {
  const server = serve(config, ...options);
  expect(await server.ended()).toBe(1);
  return server.log();
}

function folders(): PlainFolders & Record<'keys' | 'audit' | 'store', string> {
  const [settings, parent] = [temporaryFolder(), temporaryFolder()];
  const state = join(parent, 'state');
  const at = (name: string) => join(parent, name);
  return { settings, state, keys: at('keys'), audit: at('audit'), store: at('store') };
}

describe('a first start with --init', () => {
  it('its port is taken → nothing is made, and the next one serves', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const where = folders();
    const config = writePlainConfiguration({ ...where, port });

    expect(await refused(config, '--init')).toMatch(/is in use\. Choose another port/);
    expect(readdirSync(join(where.state, '..'))).toEqual([]);

    taken.close();
    await once(taken, 'close');
    await served(config, '--init');
    await served(config);
  });

  it('fails half-way → can be repeated, and then needs no --init', async () => {
    const where = folders();
    const config = writePlainConfiguration(where);
    mkdirSync(where.keys, { mode: 0o700 });
    writeFileSync(join(where.keys, 'counters'), 'in the way', { mode: 0o600 });
    await refused(config, '--init');
    expect(readdirSync(where.audit)).not.toEqual([]);

    rmSync(join(where.keys, 'counters'));
    await served(config, '--init');
    await served(config);
    expect(readdirSync(where.state)).not.toContain('first-start');
  });

  it('has succeeded before → serves, and says that it is to be left out', async () => {
    const config = writePlainConfiguration(folders());
    expect(await served(config, '--init')).not.toMatch(/leave it out/);
    expect(await served(config, '--init')).toMatch(
      /--init has nothing left to begin: leave it out/,
    );
  });

  it.each(['keys', 'audit', 'store'] as const)(
    'has succeeded before, and %s is not mounted → refused, unless it alone is begun',
    async (folder) => {
      const part = folder === 'store' ? 'state' : folder;
      const where = folders();
      const config = writePlainConfiguration(where);
      await served(config, '--init');
      rmSync(where[folder], { recursive: true });
      mkdirSync(where[folder], { mode: 0o700 });

      expect(await refused(config)).toMatch(/--init/);
      const other = part === 'keys' ? 'audit' : 'keys';
      await refused(config, '--init', other);
      const log = await refused(config, '--init');
      expect(log).toContain(`there is nothing in ${where[folder]}`);
      expect(log).toContain(`begin that alone: --init ${part}`);
      expect(readdirSync(where[folder])).toEqual([]);

      await served(config, '--init', part);
      await served(config);
    },
  );

  it('a part that there is not → says which there are, exit code 2', async () => {
    const server = serve(writePlainConfiguration(folders()), '--init', 'key');
    expect(await server.ended()).toBe(2);
    expect(server.log()).toMatch(
      /Allowed: keys, audit, state, or several with commas between them\./,
    );
  });
});
