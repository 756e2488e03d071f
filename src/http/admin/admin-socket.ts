import { existsSync, lstatSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { isErrno } from '../../shared/errno.js';

/** Bytes of a Unix socket's path: `sun_path` has 108 with the final zero. @see unix(7) */
const MAX_PATH_BYTES = 107;

/** Permission bits by which others than the owner may put another socket in the path's place. */
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** The admin socket cannot be opened; the message says why and what to do. */
export class AdminSocketError extends Error {
  override readonly name = 'AdminSocketError';
}

/**
 * Listens on a Unix socket that the server's own user alone may open. A socket that a killed
 * server left behind is replaced; one that is answered is not. Closing the server removes it.
 *
 * @param path absolute
 * @throws AdminSocketError when the path cannot be used or another server answers on it
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  assertSocketPath(path);
  requirePrivateFolder(dirname(path));
  await removeStaleSocket(path);
  await listenPrivately(server, path);
}

/**
 * Checks what can be known of a socket's path before anything is made, its folder included.
 *
 * @throws AdminSocketError
 */
export function assertSocketPath(path: string): void {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new AdminSocketError(
      `The admin socket's path has ${String(Buffer.byteLength(path))} bytes and may have ${String(MAX_PATH_BYTES)}: ${path}. Set a shorter admin.socket.`,
    );
  }
  if (existsSync(dirname(path))) requirePrivateFolder(dirname(path));
}

function requirePrivateFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    throw new AdminSocketError(`The admin socket's folder does not exist: ${folder}`);
  }
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0 && (found.mode & STICKY) === 0) {
    const isOwn = found.uid === process.geteuid?.();
    throw new AdminSocketError(
      `Others may write to the admin socket's folder and so replace the socket: ${folder}. ` +
        `${isOwn ? 'Run' : 'As root, run'}: chmod go-w '${folder}'` +
        (isOwn
          ? ''
          : '. If a volume is mounted there, name a folder below it instead: docs/containers.md#kubernetes.'),
    );
  }
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new AdminSocketError(`Where the admin socket belongs is something else: ${path}`);
  }
  if (await isAnswered(path)) {
    throw new AdminSocketError(`Another server answers on the admin socket: ${path}`);
  }
  rmSync(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (isErrno(error, 'ECONNREFUSED') || isErrno(error, 'ENOENT')) resolve(false);
      else reject(error);
    });
  });
}

function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // `listen` binds before it returns, so the mask covers the socket's creation and nothing else;
    // a chmod afterwards would leave a moment in which others could connect.
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}
