import type { LogFolder } from '../../audit/read/log-folder.js';
import {
  NoteError,
  parseVerifierKey,
  type VerifierKey,
} from '../../transparency-log/signed-note.js';

/**
 * Reads the keys that a log names itself, for whoever has no other: they tell accidents, and
 * nothing of somebody who can write the whole log anew.
 */
export async function ownKeys(folder: LogFolder): Promise<readonly VerifierKey[]> {
  const keys = new Map<string, VerifierKey>();
  for (const segment of folder.segments) {
    const text = (await folder.readableHeader(segment))?.record.publicKey;
    if (text === undefined || keys.has(text)) continue;
    const key = parsed(text);
    if (key !== undefined) keys.set(text, key);
  }
  return [...keys.values()];
}

/** @returns undefined for a text that is no key: it verifies nothing, and the report says so */
function parsed(text: string): VerifierKey | undefined {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}
