import type { LogFolder } from '../../audit/read/log-folder.js';
import type { Segment } from '../../audit/read/segments.js';
import { isUnreadable } from '../../audit/read/unreadable.js';
import { parseVerifierKey, type VerifierKey } from '../../transparency-log/signed-note.js';

/**
 * The keys that a log names itself, for whoever has no other: they tell accidents, and nothing of
 * somebody who can write the whole log anew.
 */
export async function ownKeys(folder: LogFolder): Promise<readonly VerifierKey[]> {
  const keys = new Map<string, VerifierKey>();
  for (const segment of folder.segments) {
    const text = await namedKey(folder, segment);
    if (text === undefined || keys.has(text)) continue;
    const key = parsed(text);
    if (key !== undefined) keys.set(text, key);
  }
  return [...keys.values()];
}

/** A segment that cannot be read is found to be so when all of it is. */
async function namedKey(folder: LogFolder, segment: Segment): Promise<string | undefined> {
  try {
    return (await folder.header(segment))?.record.publicKey;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

function parsed(text: string): VerifierKey | undefined {
  try {
    return parseVerifierKey(text);
  } catch {
    // A text that is no key verifies nothing, and the report says that there was none.
    return undefined;
  }
}
