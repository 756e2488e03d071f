import type { AuditRecord } from '../record/index.js';
import { splitLines } from './line-chunks.js';
import { LogFolder } from './log-folder.js';

/** The error for a line of a log that is no record. */
export class NotARecordError extends Error {
  override readonly name = 'NotARecordError';
}

/**
 * Reads a line. It is looked at for its shape alone, because reports read millions of them: whether
 * it is what the server wrote is for verification to say.
 *
 * @throws NotARecordError
 */
export function parseRecord(line: Buffer | string): AuditRecord {
  const record: unknown = parseJson(line.toString());
  if (isRecord(record)) return record;
  throw new NotARecordError('a line of the log is no audit record');
}

/**
 * Reads the records of a log in order. A record at the end that is being written is left out.
 *
 * @param directory the folder of the log
 * @throws NoLogError, NotARecordError, UnreadableError, or the file system's error
 */
export async function* readRecords(
  directory: string,
): AsyncGenerator<AuditRecord, void, undefined> {
  const folder = await LogFolder.open(directory);
  for (const segment of folder.segments) {
    for await (const lines of folder.records(segment)) {
      for (const line of splitLines(lines)) yield parseRecord(line);
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NotARecordError('a line of the log is no JSON', { cause });
  }
}

function isRecord(value: unknown): value is AuditRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'sequence' in value &&
    typeof value.sequence === 'number'
  );
}
