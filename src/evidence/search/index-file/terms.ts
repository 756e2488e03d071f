/** Bits of a term that say in which part of the table it stands. */
const BUCKET_SHIFT = 24;
/** Parts of the table of terms: one is read for one term. */
export const BUCKETS = 256;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Between the path and the value, and in neither of them as the server writes them. */
const SEPARATOR = 0;

/**
 * Fields that no table is kept for: nobody looks for them by their value, or a block's bounds say
 * where they are. A search for them reads every block that is left.
 */
const WITHOUT_TERMS: ReadonlySet<string> = new Set([
  'schema',
  'sequence',
  'previous',
  'time',
  'durationUs',
]);

/** Whether the index can say where values of a field are. */
export function hasTerms(path: string): boolean {
  return !WITHOUT_TERMS.has(path);
}

/** The beginning of all terms of a field, before it is finished. */
export function seedOf(path: string): number {
  return Math.imul(hashOnto(FNV_OFFSET, path) ^ SEPARATOR, FNV_PRIME);
}

/**
 * A value of a field as 32 bits. Different values can share a term, which costs a look at a block
 * that has nothing of it.
 *
 * @param seed of {@link seedOf}
 */
export function termOf(seed: number, value: string): number {
  return finished(hashOnto(seed, value));
}

/** The term of a field's being there, whatever its value: no value has this seed's ending. */
export function presenceTermOf(seed: number): number {
  return finished(Math.imul(seed ^ 1, FNV_PRIME));
}

/** Part of the table that a term stands in: parts in their order hold the terms in theirs. */
export function bucketOf(term: number): number {
  return term >>> BUCKET_SHIFT;
}

/** FNV-1a over UTF-16 code units. */
function hashOnto(hash: number, text: string): number {
  let state = hash;
  for (let at = 0; at < text.length; at += 1) {
    state = Math.imul(state ^ text.charCodeAt(at), FNV_PRIME);
  }
  return state;
}

/** MurmurHash3's last step: FNV's highest bits, which choose the bucket, are its worst. */
function finished(hash: number): number {
  let state = hash ^ (hash >>> 16);
  state = Math.imul(state, 0x85ebca6b);
  state ^= state >>> 13;
  state = Math.imul(state, 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
