/** The one function that is used of a package that ships no types. */
declare module 'fs-native-extensions' {
  /**
   * Takes an exclusive kernel lock on an open file, which is gone when the file is closed or
   * its process ends, however it ends.
   *
   * @returns false when another open file description holds it
   */
  export function tryLock(fd: number): boolean;
}
