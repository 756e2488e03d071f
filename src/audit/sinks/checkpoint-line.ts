/**
 * A signed note as one line, in ASCII and without a line feed at its end.
 * `jq -j .checkpoint` gives back the note, byte for byte.
 */
export function checkpointLine(note: string): string {
  const json = JSON.stringify({ checkpoint: note });
  return json.replaceAll(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
