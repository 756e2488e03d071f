import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip, type Gunzip } from 'node:zlib';
import { InputProblem } from './input-problem.js';

const CHUNK_BYTES = 64 * 1024;
const MAGIC_BYTES = 4;
const GZIP = Buffer.from([0x1f, 0x8b]);

/** Beginnings of files that hold no text, and what to do with them. */
const NO_TEXT: readonly (readonly [magic: Buffer, problem: string])[] = [
  [Buffer.from([0x50, 0x4b]), 'is a zip archive: unpack it first'],
  [Buffer.from([0xff, 0xfe]), 'is UTF-16 (as PowerShell writes with >): save it as UTF-8'],
  [Buffer.from([0xfe, 0xff]), 'is UTF-16: save it as UTF-8'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'is compressed with zstd: unpack it first'],
  [Buffer.from('PAR1'), 'is Parquet: only JSON and CSV can be read'],
];

/**
 * The text of a file, in pieces, unzipped where it is gzip, without its byte order mark. Its bytes
 * tell, not its name: whatever downloaded it may have unzipped it and kept the name.
 *
 * @throws InputProblem for what is no text, or is damaged; the file system's error
 */
export async function* textOf(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  for await (const chunk of contentsOf(path)) {
    if (bytes === 0) refuseNoText(chunk, [...NO_TEXT, [GZIP, 'is gzip in gzip: unpack it once']]);
    yield decoded(decoder, chunk, bytes);
    bytes += chunk.length;
  }
  if (bytes === 0) throw new InputProblem('is empty');
  yield decoded(decoder, undefined, bytes);
}

async function* contentsOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  const info = await stat(path);
  if (!info.isFile()) throw new InputProblem('is no regular file');
  const magic = await firstBytes(path);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (magic.subarray(0, GZIP.length).equals(GZIP)) {
    const unzipped = createGunzip({ chunkSize: CHUNK_BYTES });
    // A failure of either ends both, and reaches whoever reads.
    pipeline(file, unzipped, () => undefined);
    yield* unzippedContents(unzipped, info.size);
  } else {
    yield* file as AsyncIterable<Buffer>;
  }
}

async function* unzippedContents(
  unzipped: Gunzip,
  size: number,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  try {
    for await (const chunk of unzipped as AsyncIterable<Buffer>) {
      yield chunk;
      bytes += chunk.length;
    }
  } catch (cause) {
    if (!isZlibError(cause)) throw cause;
    const place = `after ${bytes} bytes of its contents`;
    throw new InputProblem(`is damaged gzip, or was cut off, ${place}`, { cause });
  }
  // Node passes over what follows the last member.
  if (unzipped.bytesWritten === size) return;
  throw new InputProblem(`has bytes after its gzip data, from byte ${unzipped.bytesWritten} on`);
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function refuseNoText(chunk: Buffer, kinds: typeof NO_TEXT): void {
  const kind = kinds.find(([magic]) => chunk.subarray(0, magic.length).equals(magic));
  if (kind !== undefined) throw new InputProblem(kind[1]);
}

function decoded(decoder: TextDecoder, chunk: Buffer | undefined, bytes: number): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch (cause) {
    const end = bytes + (chunk?.length ?? 0);
    throw new InputProblem(`is no UTF-8, between bytes ${bytes} and ${end} of its contents`, {
      cause,
    });
  }
}
