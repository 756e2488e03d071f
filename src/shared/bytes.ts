import { timingSafeEqual } from 'node:crypto';

/**
 * Decodes standard, padded base64 and nothing else: no URL alphabet, no white space,
 * no missing padding, no stray bits behind the last byte.
 *
 * @returns the bytes, or `undefined` for text that a strict encoder would not have written
 * @see RFC 4648, sections 3.5 and 4
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/**
 * Compares in a time that depends on the lengths alone.
 *
 * @returns false for different lengths, which are public wherever this is used
 */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
