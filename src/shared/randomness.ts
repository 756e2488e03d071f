/** A source of cryptographically strong random bytes, passed in so that a test can know them. */
export type RandomBytes = (size: number) => Buffer;
