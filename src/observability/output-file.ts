import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { isErrno } from '../shared/errno.js';

/** A reader that is only slow has made room by then. */
export const NO_ROOM_PAUSE_MS = 10;

const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;

/** An open file that is written to without waiting for whoever reads it. */
export interface OutputFile {
  /**
   * True when a write takes what there is room for and returns. A file on a disk takes its time,
   * and is better written to in the background.
   */
  readonly neverWaits: boolean;
  /**
   * Writes at once.
   *
   * @returns bytes written @throws the system's error; EAGAIN where there is no room
   */
  writeSync(bytes: Buffer): number;
  /** Writes in the background. @returns bytes written; rejects with the system's error */
  write(bytes: Buffer): Promise<number>;
}

/**
 * Takes an open file for writing. A pipe that nobody reads, or a terminal that is held, would keep
 * a thread, and the thread would keep the process from ending.
 *
 * @param fileDescriptor 1 is standard output
 */
export function outputFile(fileDescriptor: number): OutputFile {
  const stats = fstatSync(fileDescriptor);
  const isTerminal = isatty(fileDescriptor);
  const isStream = stats.isFIFO() || stats.isSocket() || isTerminal;
  const own = isStream ? openedAnew(fileDescriptor) : undefined;
  // Of pipes and sockets, though not of terminals, Node makes its own streams so that they never
  // wait.
  if (isStream && own === undefined) touchStream(fileDescriptor);
  const fd = own ?? fileDescriptor;
  return {
    neverWaits: isStream && !(isTerminal && own === undefined),
    writeSync: (bytes) => writeSync(fd, bytes),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        write(fd, bytes, (error, written) => {
          if (error === null) resolve(written);
          else reject(error);
        });
      }),
  };
}

/**
 * Opens a pipe anew, so that nobody else who has it finds it changed. Other users' pipes cannot be
 * opened.
 */
function openedAnew(fileDescriptor: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${String(fileDescriptor)}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** Makes Node's own stream, by looking at it. */
function touchStream(fileDescriptor: number): void {
  if (fileDescriptor === 1) process.stdout.on('error', () => undefined);
  if (fileDescriptor === 2) process.stderr.on('error', () => undefined);
}

/**
 * Writes before it returns, as long as the file takes it and the time lasts.
 *
 * @returns what was not written
 */
export function writeWithin(file: OutputFile, bytes: Buffer, patienceMs: number): Buffer {
  const giveUpAt = performance.now() + patienceMs;
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(file.writeSync(rest));
    } catch (error) {
      if (!isErrno(error, 'EAGAIN') || performance.now() > giveUpAt) return rest;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NO_ROOM_PAUSE_MS);
    }
  }
  return rest;
}
