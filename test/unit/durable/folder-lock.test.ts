import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderInUseError, lockFolder } from '../../../src/durable/folder-lock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Another process that takes the lock in its own way: the kernel's lock is what counts. */
const lockingProgram = `
  const { openSync } = require('node:fs');
  const { tryLock } = require(process.argv[2]);
  process.stdout.write(String(tryLock(openSync(process.argv[1], 'a'))));
  setInterval(() => {}, 1000);
`;

async function lockInAnotherProcess(folder: string): Promise<{ child: ChildProcess; got: string }> {
  const library = createRequire(import.meta.url).resolve('fs-native-extensions');
  const arguments_ = ['-e', lockingProgram, join(folder, '.lock'), library];
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, got: said.toString() };
}

describe('lockFolder', () => {
  it('a folder that another process holds → FolderInUseError that names it', async () => {
    const folder = temporaryFolder();
    expect((await lockInAnotherProcess(folder)).got).toBe('true');
    await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError);
    await expect(lockFolder(folder)).rejects.toThrow(folder);
  });

  it('a folder that this process holds → refused to another process, and to itself', async () => {
    const folder = temporaryFolder();
    const lock = await lockFolder(folder);
    onTestFinished(() => lock.release());
    expect((await lockInAnotherProcess(folder)).got).toBe('false');
    await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError);
  });

  it('the holder killed with SIGKILL → the folder is free', async () => {
    const folder = temporaryFolder();
    const { child } = await lockInAnotherProcess(folder);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await lockFolder(folder)).release();
  });

  it('released → the folder is free', async () => {
    const folder = temporaryFolder();
    await (await lockFolder(folder)).release();
    await (await lockFolder(folder)).release();
  });
});
