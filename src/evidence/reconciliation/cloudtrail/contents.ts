import { TextDecoder } from 'node:util';
import { fileBytes, uncompressedBytes } from '../../../audit/read/lines.js';
import { openRegularFile } from '../../../audit/read/open-file.js';
import { InputProblem } from './input-problem.js';

const CHUNK_BYTES = 64 * 1024;
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
 * Reads the text of a file, in pieces, unzipped where it is gzip, without its byte order mark. Its
 * bytes tell, not its name: whatever downloaded it may have unzipped it and kept the name.
 *
 * @throws InputProblem or UnreadableError for what is no text, or is damaged; the file system's
 *   error
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
  const handle = await openRegularFile(path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    const bytes = fileBytes(handle, 0, CHUNK_BYTES);
    yield* buffer.equals(GZIP) ? uncompressedBytes(path, handle, bytes) : bytes;
  } finally {
    await handle.close();
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
