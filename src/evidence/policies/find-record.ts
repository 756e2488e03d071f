import { splitLines } from '../../audit/read/line-chunks.js';
import { LogFolder } from '../../audit/read/log-folder.js';
import { parseRecord } from '../../audit/read/records.js';
import type { AuditRecord } from '../../audit/record/index.js';

/**
 * Finds a record by its number.
 *
 * @returns undefined where the log has none of that number
 * @throws NoLogError, UnreadableError, or the file system's error
 */
export async function findBySequence(
  directory: string,
  sequence: number,
): Promise<AuditRecord | undefined> {
  const folder = await LogFolder.open(directory);
  const [segment] = folder.segmentsFrom(sequence);
  if (segment === undefined) return undefined;
  for await (const lines of folder.records(segment)) {
    for (const line of splitLines(lines)) {
      const record = parseRecord(line);
      if (record?.sequence === sequence) return record;
    }
  }
  return undefined;
}
