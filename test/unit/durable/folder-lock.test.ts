import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  FolderInUseError,
  lockFolder,
  lockFolderToRead,
} from '../../../src/durable/folder-lock.js';
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

describe('lockFolderToRead', () => {
  it('a folder that another process holds → FolderInUseError', async () => {
    const folder = temporaryFolder();
    await lockInAnotherProcess(folder);
    await expect(lockFolderToRead(folder)).rejects.toThrow(FolderInUseError);
  });

  it('a lock file that nobody holds → held until it is released', async () => {
    const folder = temporaryFolder();
    await (await lockFolder(folder)).release();
    const lock = await lockFolderToRead(folder);
    await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError);
    await lock.release();
    await (await lockFolder(folder)).release();
  });

  it('no lock file → none is made', async () => {
    const folder = temporaryFolder();
    await (await lockFolderToRead(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
  });
});
