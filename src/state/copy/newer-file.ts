import { z } from 'zod';
import { StateError } from '../errors.js';

const formatSchema = z.looseObject({ format: z.int() });

/**
 * Checks that a file of this replica is not one of a newer version, which is not damaged.
 *
 * @param contents the file, or its first line, as JSON
 * @param known the newest format that this version reads
 * @throws StateError `newer-version`
 */
export function assertNotNewer(contents: unknown, known: number, path: string): void {
  const format = formatSchema.safeParse(contents).data?.format ?? known;
  if (format <= known) return;
  throw new StateError(
    'newer-version',
    `${path} has the format ${format}: a newer version of Holdfast has written it, and this one ` +
      `knows ${known}. Start that version.`,
  );
}
