import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;
const GZIP_MAGIC = 0x1f8b;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The bytes of a file, in chunks, unzipped where they are gzip. Its bytes tell, not its name:
 * whatever downloaded it may have unzipped it and kept the name.
 *
 * @throws the file system's error, or zlib's for a damaged file
 */
export async function* contentsOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  let first = true;
  for await (const chunk of await openContents(path)) {
    const bytes = chunk as Buffer;
    yield first && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
    first = false;
  }
}

async function openContents(path: string): Promise<AsyncIterable<unknown>> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (!(await isGzip(path))) return file;
  const unzipped = createGunzip({ chunkSize: CHUNK_BYTES });
  // A failure of either ends both, and reaches whoever reads.
  pipeline(file, unzipped, () => undefined);
  return unzipped;
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === GZIP_MAGIC;
  } finally {
    await file.close();
  }
}
