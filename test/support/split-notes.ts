/** Signature lines, and whatever stands before them. */
const NOTE = /(?:(?!\u2014 )[^\n]*\n)+(?:\u2014 [^\n]*\n)+/gu;

/** Divides a text into the signed notes that stand one after the other in it, and nothing else. */
export function splitNotes(text: string): string[] {
  const notes = text.match(NOTE) ?? [];
  if (notes.join('').length === text.length) return notes;
  throw new Error('something between the signed notes is none');
}
