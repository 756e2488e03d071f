import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { repositoryPath } from '../../support/container-files.js';
import { HoldfastProcess } from '../../support/holdfast-process.js';
import { writePlainConfiguration } from '../../support/plain-configuration.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PROGRAM = repositoryPath('dist/cli/main.js');

function serve(config: string, ...options: readonly string[]): HoldfastProcess {
  const server = new HoldfastProcess(process.env, [
    PROGRAM,
    'serve',
    '--config',
    config,
    ...options,
  ]);
  onTestFinished(async () => {
    await server.end('SIGKILL');
  });
  return server;
}

async function metricsOf(server: HoldfastProcess): Promise<string> {
  const { operations } = await server.started();
  const answer = await fetch(`http://127.0.0.1:${operations.port}/metrics`);
  return answer.text();
}

it('a server with a store in files → has it to itself, and its audit log names it', async () => {
  const [settings, state] = [temporaryFolder(), join(temporaryFolder(), 'state')];
  const config = writePlainConfiguration({ settings, state });
  const server = serve(config, '--init');
  expect(await metricsOf(server)).toContain('holdfast_state_standing{standing="in-step"} 1');
  const text = readFileSync(join(state, 'state', 'store.json'), 'utf8');
  const { id } = JSON.parse(text) as { id: string };
  const log = join(state, 'audit');
  const segment = readdirSync(log).find((name) => name.endsWith('.jsonl')) ?? '';
  expect(readFileSync(join(log, segment), 'utf8')).toContain(
    `"state":{"type":"files","id":"${id}"}`,
  );

  const other = join(temporaryFolder(), 'state');
  const second = writePlainConfiguration({
    settings: temporaryFolder(),
    state: other,
    store: join(state, 'state'),
  });
  const refused = serve(second, '--init', 'keys,audit');
  expect(await refused.ended()).toBe(1);
  expect(refused.log()).toMatch(/state is in use by another process/);
  expect(await server.end('SIGTERM')).toBe(0);
});

it('a document that is damaged → the server serves, and says so in log, metrics and health', async () => {
  const [settings, state] = [temporaryFolder(), join(temporaryFolder(), 'state')];
  const config = writePlainConfiguration({ settings, state });
  const first = serve(config, '--init');
  expect(await metricsOf(first)).toContain('holdfast_state_problems 0');
  expect(await first.end('SIGTERM')).toBe(0);
  const folder = join(state, 'state', 'documents', 'things');
  mkdirSync(folder, { mode: 0o700 });
  const path = join(folder, 'payroll.json');
  writeFileSync(path, '{ "id": "payroll" ', { mode: 0o600 });

  const second = serve(config);
  expect(await metricsOf(second)).toContain('holdfast_state_problems 1');
  expect(second.log()).toContain(path);
  expect(await second.end('SIGTERM')).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe('{ "id": "payroll" ');
});

it('a document that others can read → the server does not start, and prints the command', async () => {
  const [settings, state] = [temporaryFolder(), join(temporaryFolder(), 'state')];
  const config = writePlainConfiguration({ settings, state });
  const first = serve(config, '--init');
  await first.started();
  expect(await first.end('SIGTERM')).toBe(0);
  const folder = join(state, 'state', 'documents', 'things');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'payroll.json'), '{}', { mode: 0o644 });
  const second = serve(config);
  expect(await second.ended()).toBe(1);
  expect(second.log()).toContain(`chmod 0600 '${join(folder, 'payroll.json')}'`);
});
