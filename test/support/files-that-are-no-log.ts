import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll } from 'vitest';
import { gzipSync } from 'node:zlib';

const GIB = 1024 ** 3;
const MEMBER_BYTES = 64 * 1024 ** 2;

/** Lays something where a file of a log should be; another name follows for what is compressed. */
export interface NoLogFile {
  /** True when it takes the place of a compressed segment. */
  readonly compressed: boolean;
  readonly make: (path: string) => void | Promise<void>;
}

/** Files that can be found instead of a segment: each ends at once, or is never waited for. */
export const noLogFiles: ReadonlyMap<string, NoLogFile> = new Map([
  ['a pipe', plain((path) => execFileSync('mkfifo', [path]))],
  [
    'a folder',
    plain((path) => {
      mkdirSync(path);
    }),
  ],
  ['a socket', plain(listenAt)],
  [
    'a link to /dev/zero',
    plain((path) => {
      symlinkSync('/dev/zero', path);
    }),
  ],
  [
    '3 GiB of zero bytes',
    plain((path) => {
      sparse(path, 3 * GIB);
    }),
  ],
  [
    'bytes without a line end',
    plain((path) => {
      writeFileSync(path, 'this is no record');
    }),
  ],
  ['gzip of 3 GiB without a line end', zipped(bomb(0, 3 * GIB))],
  ['gzip of empty lines', zipped(bomb(0x0a, GIB / 4))],
  ['gzip of 256 MiB in one member', zipped(gzipSync(Buffer.alloc(MEMBER_BYTES * 4), { level: 1 }))],
  ['bytes that are no gzip', zipped(Buffer.from('this is no gzip at all'))],
  ['gzip that is cut off', zipped(gzipSync('{"schema":1,"sequence":0}\n').subarray(0, -9))],
  ['an empty compressed file', zipped(Buffer.alloc(0))],
  ['gzip of nothing', zipped(gzipSync(''))],
]);

function plain(make: (path: string) => unknown): NoLogFile {
  return {
    compressed: false,
    make: async (path) => {
      await make(path);
    },
  };
}

function zipped(bytes: Buffer): NoLogFile {
  return {
    compressed: true,
    make: (path) => {
      writeFileSync(path, bytes);
    },
  };
}

/** Sparse, so that it takes no room. */
function sparse(path: string, bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

function bomb(byte: number, bytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(MEMBER_BYTES, byte), { level: 1 });
  return Buffer.concat(Array.from({ length: bytes / MEMBER_BYTES }, () => member));
}

async function listenAt(path: string): Promise<void> {
  rmSync(path, { force: true });
  const server = createServer();
  afterAll(() => server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
}
