/** A place in a text; both count from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/**
 * Finds the place of an offset as Cedar counts.
 *
 * @param offset in bytes of UTF-8
 */
export function placeIn(text: string, offset: number): TextPlace {
  const before = Buffer.from(text).subarray(0, offset).toString();
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: before.length - lineStart + 1 };
}
