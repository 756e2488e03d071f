import type { AuditRecord } from '../record/index.js';
import { parsedJson } from '../../shared/parsed-json.js';
import { splitLines } from './line-chunks.js';
import { LogFolder } from './log-folder.js';
import { UnreadableError } from './unreadable.js';

/**
 * Reads a line. It is looked at for its shape alone, because reports read millions of them: whether
 * it is what the server wrote is for verification to say.
 *
 * @returns undefined for what is no record
 */
export function parseRecord(line: Buffer | string): AuditRecord | undefined {
  const record = parsedJson(line.toString());
  return isRecord(record) ? record : undefined;
}

/**
 * Reads the records of a log in order. A record at the end that is being written is left out.
 *
 * @param directory the folder of the log
 * @throws NoLogError, UnreadableError, or the file system's error
 */
export async function* readRecords(
  directory: string,
): AsyncGenerator<AuditRecord, void, undefined> {
  const folder = await LogFolder.open(directory);
  for (const segment of folder.segments) {
    for await (const lines of folder.records(segment)) {
      for (const line of splitLines(lines)) {
        const record = parseRecord(line);
        if (record === undefined) {
          throw new UnreadableError(segment.path, 'has a line that is no audit record');
        }
        yield record;
      }
    }
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
