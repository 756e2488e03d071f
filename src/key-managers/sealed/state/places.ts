/** The place of a key manager's keys in the state store, for people. */
export function keysInState(keyManager: string): string {
  return `the keys of ${keyManager} in the state store`;
}
