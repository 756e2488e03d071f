import { asciiJson } from '../record/record-json.js';

/**
 * Writes a signed note as one line, in ASCII and without a line feed at its end.
 * `jq -j .checkpoint` gives back the note, byte for byte.
 */
export function checkpointLine(note: string): string {
  return asciiJson({ checkpoint: note });
}
