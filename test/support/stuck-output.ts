import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

/** Opens what always says that the disk is full. @returns a file descriptor */
export function fullDisk(): number {
  return closedAfterwards(openSync('/dev/full', 'w'));
}

/**
 * Makes a pipe that is full, and that nobody reads.
 *
 * @returns the descriptor of its end for writing
 */
export function fullPipe(): number {
  const { O_RDWR, O_NONBLOCK, O_WRONLY } = constants;
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const both = closedAfterwards(openSync(path, O_RDWR | O_NONBLOCK));
  for (const size of [4096, 1]) fill(both, Buffer.alloc(size, 'x'));
  return closedAfterwards(openSync(path, O_WRONLY));
}

function fill(fd: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(fd, bytes);
  } catch {
    // Full.
  }
}

function closedAfterwards(fd: number): number {
  onTestFinished(() => {
    closeSync(fd);
  });
  return fd;
}
