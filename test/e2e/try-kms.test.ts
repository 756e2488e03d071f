import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { repositoryFile } from '../support/container-files.js';
import { runAsReader, shellCommands } from '../support/documented-commands.js';
import { findAwsCli2, findAwsPythonClients } from '../support/kms-simulator/aws-clients.js';
import { runningIn } from '../support/running-in.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startTrial as startTrialOf } from '../support/trial.js';

const pythonClients = await findAwsPythonClients();
const cli2 = await findAwsCli2();

/** Starts the trial as npm does, in a folder of its own. */
const startTrial = (parent: string) =>
  startTrialOf({
    name: 'try-kms',
    parent,
    ready: 'try-kms/environment',
    last: 'goes on from here',
  });

/** A folder with a program `aws`: version 1 is a module of Python. */
function programsWith(aws: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'aws'), `#!/bin/sh\nexec ${aws} "$@"\n`);
  chmodSync(join(folder, 'aws'), 0o700);
  return folder;
}

/** The lines of the screen that are to be pasted. */
function pastedLines(screen: string): string {
  return screen
    .split('\n')
    .filter((line) => line.startsWith('  env '))
    .join('\n');
}

it.skipIf(pythonClients === undefined || cli2 === undefined)(
  'npm run try:kms twice → what it prints and what docs/try-it.md says works with the AWS CLI 1 and 2',
  async () => {
    const parent = join(temporaryFolder(), "a folder's name");
    mkdirSync(parent);
    const version1 = `env PYTHONPATH=${pythonClients ?? ''} python3 -m awscli`;
    const first = await startTrial(parent);
    try {
      const pasted = await runAsReader(pastedLines(first.screen()), {
        folder: temporaryFolder(),
        ports: [],
        path: [programsWith(version1)],
      });
      expect(pasted.code, pasted.output).toBe(0);
      expect(pasted.output).toContain('Hello from AWS KMS');
      expect(pasted.output).toMatch(/Encrypt +quickstart-key/);
    } finally {
      expect(await first.stop('SIGINT')).toBe(0);
    }
    expect(existsSync(first.ready)).toBe(false);

    const second = await startTrial(parent);
    try {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'var'));
      // npx would ask the registry here, because the folder is no checkout.
      const page = shellCommands('docs/try-it.md')
        .replaceAll('npx holdfast', 'holdfast')
        .replaceAll('var/try-kms/environment', `"${second.ready}"`);
      const python = /```python\n(?<code>.+?)```/s.exec(repositoryFile('docs/try-it.md'));
      writeFileSync(join(folder, 'try.py'), python?.groups?.['code'] ?? '');
      const boto3 = `PYTHONPATH=${pythonClients ?? ''} python3 try.py`;
      const run = await runAsReader(`${page}\n${boto3}`, {
        folder,
        ports: [],
        path: [programsWith(cli2 ?? '')],
      });
      expect(run.code, run.output).toBe(0);
      expect(run.output).toContain('account 4711');
      expect(run.output).toContain('KMSInvalidStateException');
      expect(run.output).toContain('"XksKeyConfiguration"');
      expect(run.output).toContain("b'account 4711'");
      // What the first trial has encrypted is still readable.
      const old = await runAsReader(pastedLines(second.screen()).split('\n')[2] ?? '', {
        folder: temporaryFolder(),
        ports: [],
        path: [programsWith(cli2 ?? '')],
      });
      expect(old.output).toContain('Hello from AWS KMS');
    } finally {
      expect(await second.stop('SIGTERM')).toBe(0);
    }
  },
);

it('npm run try:kms killed by SIGKILL → what it has started ends as well', async () => {
  const parent = temporaryFolder();
  const trial = await startTrial(parent);
  expect(runningIn(parent)).toHaveLength(2);
  expect(await trial.stop('SIGKILL')).toBeNull();
  await vi.waitUntil(() => runningIn(parent).length === 0, { timeout: 30_000, interval: 50 });
});
