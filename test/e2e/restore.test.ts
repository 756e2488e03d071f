import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runAsReader, shellCommands } from '../support/documented-commands.js';
import { holdfast } from '../support/holdfast-command.js';
import { HoldfastProcess } from '../support/holdfast-process.js';
import { repositoryPath } from '../support/container-files.js';
import { writePlainConfiguration } from '../support/plain-configuration.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PAGE = 'docs/key-managers-file.md';
const ORIGIN = 'holdfast.example.com/audit';

/** A server that has been used, with a configured name for its log. */
async function usedServer(config: string): Promise<HoldfastProcess> {
  const program = repositoryPath('dist/cli/main.js');
  const server = new HoldfastProcess({ ...process.env, HOLDFAST_CONFIG: config }, [
    program,
    'serve',
    '--init',
  ]);
  onTestFinished(async () => {
    await server.end('SIGKILL');
  });
  await server.started();
  const created = await run(config, 'keys', 'create', 'payroll', '--key-store', 'store');
  expect(created).toMatchObject({ code: 0 });
  return server;
}

function run(config: string, ...args: readonly string[]) {
  return holdfast({ HOLDFAST_CONFIG: config }, ...args);
}

it('the page’s commands, word for word, after the loss of the machine → keys back, both logs verified', async () => {
  const [settings, parent, folder] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const state = join(parent, 'state');
  const storeFile = join(state, 'state', 'store.json');
  const config = writePlainConfiguration({ settings, state, auditFields: { origin: ORIGIN } });
  const elsewhere = {
    ports: [],
    replaced: { '/var/lib/holdfast': state, '/etc/holdfast/holdfast.yaml': config },
  };
  const old = await usedServer(config);
  const storeId = () => /"id": "[0-9a-f]{32}"/.exec(readFileSync(storeFile, 'utf8'))?.[0];
  const idBefore = storeId();
  const backup = await runAsReader(shellCommands(PAGE, ['Backup']), { folder, ...elsewhere });
  expect(backup).toMatchObject({ code: 0 });
  const { stdout: oldKey } = await run(config, 'audit', 'public-key');
  writeFileSync(join(folder, 'audit-1.vkey'), oldKey);
  expect(await old.end('SIGTERM')).toBe(0);
  renameSync(join(state, 'audit'), join(folder, 'audit-1'));
  rmSync(state, { recursive: true });
  rmSync(join(folder, '.programs'), { recursive: true });

  const { code, output } = await runAsReader(shellCommands(PAGE, ['Restore']), {
    folder,
    ...elsewhere,
  });

  expect(output).toMatch(/^payroll .*ENABLED/im);
  expect(code).toBe(0);
  expect(idBefore).toBeDefined();
  expect(storeId()).toBe(idBefore);
  const newKey = readFileSync(join(folder, 'audit-2.vkey'), 'utf8');
  expect(oldKey.startsWith(`${ORIGIN}+`)).toBe(true);
  expect(newKey).toMatch(new RegExp(`^${ORIGIN}/[0-9a-f]{8}\\+`));

  // Whoever has kept checkpoints of the old log holds them against the new one.
  const notes = readdirSync(join(folder, 'audit-1')).filter((name) =>
    name.endsWith('.checkpoints'),
  );
  const kept = notes.map((name) => join(folder, 'audit-1', name));
  const key = join(folder, 'audit-2.vkey');
  const verify = ['audit', 'verify', '--public-key', key, '--checkpoint', ...kept];
  const { stdout, stderr } = await run(config, ...verify);
  expect(`${stdout}${stderr}`).toMatch(/holds no checkpoint of/);
  expect(`${stdout}${stderr}`).not.toMatch(/rolled back|contradict|forged/i);
});
