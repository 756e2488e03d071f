import type { Socket } from 'node:net';
import type { SocketClient } from '../../admin/administrator.js';

/** Asks the kernel who is on the other end; `undefined` where it does not say. */
export type ReadSocketPeer = (socket: Socket) => SocketClient | undefined;

/** Reads the peer of a file descriptor. */
type ReadFileDescriptor = (fileDescriptor: number) => SocketClient | undefined;

/**
 * Makes what asks the kernel for the peer of a Unix socket: Node.js has no call for it.
 *
 * @throws Error where there is no way on this system
 * @see unix(7), SO_PEERCRED; getpeereid(3)
 */
export async function createPeerReader(): Promise<ReadSocketPeer> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  const read = process.platform === 'linux' ? peerCredentials(library) : effectiveIds(library);
  return (socket) => {
    const fileDescriptor = fileDescriptorOf(socket);
    return fileDescriptor === undefined ? undefined : read(fileDescriptor);
  };
}

/** The part of a koffi library that this file needs. */
interface NativeLibrary {
  func(prototype: string): (...args: readonly unknown[]) => unknown;
}

const SOL_SOCKET = 1;
/** Linux numbers the option anew on PowerPC. */
const SO_PEERCRED = process.arch === 'ppc64' ? 21 : 17;
/** `struct ucred`: process, user and group id, four bytes each. */
const UCRED_BYTES = 12;
/** The id of a process that is not visible from here. */
const NO_PROCESS = 0;

/** −1: what the kernel says of a socket without credentials, which is none of a file. */
const NOBODY_AT_ALL = 2 ** 32 - 1;

function peerCredentials(library: NativeLibrary): ReadFileDescriptor {
  const getsockopt = library.func(
    'int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)',
  );
  return (fileDescriptor) => {
    const ucred = new Uint8Array(UCRED_BYTES);
    const length = [UCRED_BYTES];
    if (getsockopt(fileDescriptor, SOL_SOCKET, SO_PEERCRED, ucred, length) !== 0) return undefined;
    const [processId = NO_PROCESS, uid, gid] = new Uint32Array(ucred.buffer);
    if (uid === undefined || gid === undefined || uid === NOBODY_AT_ALL) return undefined;
    return { uid, gid, processId: processId === NO_PROCESS ? undefined : processId };
  };
}

/** On macOS and the BSDs. */
function effectiveIds(library: NativeLibrary): ReadFileDescriptor {
  const getpeereid = library.func('int getpeereid(int, _Out_ uint32_t *, _Out_ uint32_t *)');
  return (fileDescriptor) => {
    const uids: [number] = [0];
    const gids: [number] = [0];
    if (getpeereid(fileDescriptor, uids, gids) !== 0) return undefined;
    return { uid: uids[0], gid: gids[0], processId: undefined };
  };
}

/** Node.js keeps it on a handle that has no public name. */
function fileDescriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fileDescriptor: unknown = Reflect.get(handle, 'fd');
  return typeof fileDescriptor === 'number' && fileDescriptor >= 0 ? fileDescriptor : undefined;
}
