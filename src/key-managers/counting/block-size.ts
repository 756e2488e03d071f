/** The fewest encryptions that one block has. */
export const MIN_BLOCK = 2 ** 16;
/** The most encryptions that one block has. */
export const MAX_BLOCK = 2 ** 24;

/** The time that a block should last: so long encryption goes on when no block is to be had. */
const HOLDING_MS = 30 * 60_000;

/**
 * Computes the size of the next block of a count that replicas share. The next block is taken when
 * half of the last one is used, so a block lasts twice the time that is wanted.
 *
 * @param used encryptions since the last block was taken
 * @param elapsedMs time since then
 * @returns a power of two between {@link MIN_BLOCK} and {@link MAX_BLOCK}
 */
export function sharedBlockSize(used: number, elapsedMs: number): number {
  if (elapsedMs <= 0) return MIN_BLOCK;
  const wanted = (used / elapsedMs) * HOLDING_MS * 2;
  const power = 2 ** Math.ceil(Math.log2(Math.max(1, wanted)));
  return Math.min(MAX_BLOCK, Math.max(MIN_BLOCK, power));
}
