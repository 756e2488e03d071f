import { open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { LogFolder } from '../../audit/read/log-folder.js';

/** A record with its line end is no longer. */
const MAX_RECORD_BYTES = 65_536;

const recordSchema = z.object({
  type: z.string(),
  operation: z.string().optional(),
  kmsRequestId: z.string().optional(),
  awsPrincipalArn: z.string().optional(),
  accessKeyId: z.string().optional(),
  errorName: z.string().optional(),
});

/** A record of the proxy's audit log, as far as a rehearsal looks at it. */
export type AuditRecord = Readonly<z.output<typeof recordSchema>>;

/** The records that are added to an audit log, from a moment on. */
export class AuditTail {
  readonly #directory: string;
  #path: string;
  #offset: number;

  private constructor(directory: string, path: string, offset: number) {
    this.#directory = directory;
    this.#path = path;
    this.#offset = offset;
  }

  /** Begins at the end of a log as it is now. @throws NoLogError, or the file system's error */
  static async open(directory: string): Promise<AuditTail> {
    const { segments } = await LogFolder.open(directory);
    const path = segments.at(-1)?.path ?? '';
    const { size } = await stat(path);
    const end = Math.max(0, size - MAX_RECORD_BYTES);
    return new AuditTail(directory, path, end + endOfLines(await readFrom(path, end)));
  }

  /** Returns the records since the last time. @throws the file system's error, or ZodError */
  async take(): Promise<readonly AuditRecord[]> {
    const { segments } = await LogFolder.open(this.#directory);
    const at = segments.findIndex(({ path }) => path === this.#path);
    if (at < 0) throw new Error(`${this.#path} is not there any more`);
    const records: AuditRecord[] = [];
    for (const { path } of segments.slice(at)) {
      if (path !== this.#path) this.#offset = 0;
      this.#path = path;
      const bytes = await readFrom(path, this.#offset);
      const whole = bytes.subarray(0, endOfLines(bytes));
      this.#offset += whole.length;
      const lines = whole.toString().split('\n').slice(0, -1);
      records.push(...lines.map((line) => recordSchema.parse(JSON.parse(line))));
    }
    return records;
  }
}

/** A line that is being written has no end yet. */
function endOfLines(bytes: Buffer): number {
  return bytes.lastIndexOf(0x0a) + 1;
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
