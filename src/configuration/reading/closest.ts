/** Two letters swapped, or one or two wrong, missing or too many. */
const MAX_DISTANCE = 2;

/**
 * The name that was probably meant.
 *
 * @returns `undefined` when none is within two changes, case aside
 */
export function closestTo(name: string, candidates: readonly string[]): string | undefined {
  const [closest] = candidates
    .map((candidate) => ({ candidate, distance: distanceBetween(name, candidate) }))
    .filter(({ distance }) => distance <= MAX_DISTANCE)
    .sort((a, b) => a.distance - b.distance);
  return closest?.candidate;
}

/** Levenshtein's distance, case aside; anything of too different a length is far away. */
function distanceBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_DISTANCE) return Number.POSITIVE_INFINITY;
  const target = [...b.toLowerCase()];
  let row = [0, ...target.map((_, index) => index + 1)];
  for (const [index, letter] of [...a.toLowerCase()].entries()) {
    const next = [index + 1];
    for (const [column, other] of target.entries()) {
      const [replaced = 0, removed = 0] = [row[column], row[column + 1]];
      const added = next[column] ?? 0;
      next.push(Math.min(replaced + (letter === other ? 0 : 1), removed + 1, added + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
