/**
 * Chooses the version that encrypts: the newest that has settled, which means that every replica
 * has had the time to read it, because a replica refuses the ciphertexts of a version that it does
 * not know. Where none has, it is the oldest, which the most replicas have read.
 *
 * @param versions those that may encrypt, in the order of their numbers
 * @returns undefined where none may
 */
export function settledVersion<Version>(
  versions: readonly Version[],
  isSettled: (version: Version) => boolean,
): Version | undefined {
  return versions.findLast(isSettled) ?? versions[0];
}
