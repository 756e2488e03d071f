import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenOnSocket } from '../../../src/http/admin/admin-socket.js';
import { closeServer, startAdminServer } from '../../support/admin-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Tries to listen; a server that could is closed with the test. */
async function listen(path: string) {
  const server = createServer();
  onTestFinished(() => closeServer(server));
  await listenOnSocket(server, path);
  return server;
}

/** Leaves a socket behind that nobody answers on, as a killed server does. */
async function leaveStaleSocket(path: string): Promise<void> {
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  const child = spawn(process.execPath, ['-e', script, path]);
  await once(child, 'exit');
  expect(lstatSync(path).isSocket()).toBe(true);
}

const refused = expect.objectContaining({ name: 'AdminSocketError' }) as Error;

describe('listenOnSocket', () => {
  it('a free path → a socket of mode 0600, made without a wider moment', async () => {
    const path = join(temporaryFolder(), 'admin.sock');
    const server = createServer();
    onTestFinished(() => closeServer(server));
    const mask = process.umask(0);
    onTestFinished(() => {
      process.umask(mask);
    });
    const originalListen = server.listen.bind(server);
    let modeWhenBound = 0;
    server.listen = ((socket: string, listening: () => void) => {
      originalListen(socket, listening);
      modeWhenBound = statSync(socket).mode & 0o777;
      return server;
    }) as typeof server.listen;
    await listenOnSocket(server, path);
    expect(modeWhenBound).toBe(0o600);
    expect(process.umask(0)).toBe(0);
  });

  it('closing the server → the socket is gone', async () => {
    const { server, socket } = await startAdminServer();
    await closeServer(server);
    expect(existsSync(socket)).toBe(false);
  });

  it('a socket that a killed server left behind → replaced', async () => {
    const path = join(temporaryFolder(), 'admin.sock');
    await leaveStaleSocket(path);
    const server = await listen(path);
    expect(server.listening).toBe(true);
  });

  it('a socket that another server answers on → refused, and the other goes on', async () => {
    const { server, socket } = await startAdminServer();
    await expect(listen(socket)).rejects.toThrow(refused);
    expect(server.listening).toBe(true);
    expect(existsSync(socket)).toBe(true);
  });

  it('a file where the socket belongs → refused, and the file is left alone', async () => {
    const path = join(temporaryFolder(), 'admin.sock');
    writeFileSync(path, 'something');
    await expect(listen(path)).rejects.toThrow(refused);
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it('a path of 107 bytes → taken; of 108 → refused', async () => {
    const folder = `${temporaryFolder()}/`;
    const longest = folder.padEnd(107, 'x');
    expect((await listen(longest)).listening).toBe(true);
    expect(lstatSync(longest).isSocket()).toBe(true);
    await expect(listen(folder.padEnd(108, 'x'))).rejects.toThrow(refused);
  });

  it.each([
    ['missing', undefined],
    ['writable by its group', 0o770],
    ['writable by all', 0o777],
  ])('a folder that is %s → refused', async (_, mode) => {
    const folder = join(temporaryFolder(), 'run');
    if (mode !== undefined) {
      mkdirSync(folder);
      chmodSync(folder, mode);
    }
    await expect(listen(join(folder, 'admin.sock'))).rejects.toThrow(refused);
  });

  it('a folder that all may write to and only owners may remove from → taken', async () => {
    const folder = join(temporaryFolder(), 'run');
    mkdirSync(folder);
    chmodSync(folder, 0o1777);
    expect((await listen(join(folder, 'admin.sock'))).listening).toBe(true);
  });
});
