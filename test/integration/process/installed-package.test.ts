import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HoldfastProcess } from '../../support/holdfast-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The package as npm installs it, without npm: program, configurations, and what it depends on. */
describe('the quickstart of an installed package', () => {
  let home: string;
  let installed: string;

  beforeEach(() => {
    home = temporaryFolder();
    installed = join(home, 'project', 'node_modules', 'holdfast');
    mkdirSync(installed, { recursive: true });
    for (const part of ['dist', 'config', 'package.json']) {
      cpSync(join(ROOT, part), join(installed, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  });

  function serve(env: NodeJS.ProcessEnv, ...options: readonly string[]): HoldfastProcess {
    const { PATH } = process.env;
    const ports = { HOLDFAST_PORT: '0', HOLDFAST_OPERATIONS_PORT: '0' };
    const program = join(installed, 'dist', 'cli', 'main.js');
    const server = new HoldfastProcess({ PATH, HOME: home, ...ports, ...env }, [
      program,
      'serve',
      ...options,
    ]);
    onTestFinished(async () => {
      await server.end('SIGKILL');
    });
    return server;
  }

  it.each([
    ['no XDG_STATE_HOME', () => ({}), join('.local', 'state')],
    ['XDG_STATE_HOME', () => ({ XDG_STATE_HOME: join(home, 'states') }), 'states'],
  ])('%s → keeps its state there, and nothing in the package', async (_, env, folder) => {
    const server = serve(env());
    const { adminSocket } = await server.started();
    expect(adminSocket).toBe(join(home, folder, 'holdfast', 'admin.sock'));
    expect(existsSync(join(installed, 'var'))).toBe(false);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('a state directory in the package, by name or by a link → refused, and nothing is made', async () => {
    const link = join(home, 'link');
    symlinkSync(installed, link);
    for (const stateDirectory of [join(installed, 'var'), join(link, 'deep', 'var')]) {
      const server = serve({ HOLDFAST_STATE_DIR: stateDirectory });
      expect(await server.ended()).toBe(2);
      expect(server.log()).toMatch(
        /stateDirectory[\s\S]*in the installed package, which npm replaces/,
      );
      expect(existsSync(stateDirectory)).toBe(false);
    }
  });
});
