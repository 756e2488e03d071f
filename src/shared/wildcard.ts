/** Stands for any text in a pattern, also none. */
export const WILDCARD = '*';

/**
 * Prepares a pattern in which `*` stands for any text, also none.
 *
 * Each piece between two wildcards is looked for once, from where the one before it ended:
 * the first place that it fits is always right, so nothing is ever tried again.
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const [start = '', ...rest] = pattern.split(WILDCARD);
  const end = rest.pop();
  if (end === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(start) || !text.endsWith(end)) return false;
    let reached = start.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, reached);
      if (found === -1) return false;
      reached = found + piece.length;
    }
    return reached <= text.length - end.length;
  };
}
