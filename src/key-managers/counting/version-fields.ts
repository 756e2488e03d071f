import { z } from 'zod';

/** The largest number that fits in `ciphertextMetadata`, which has 4 bytes for it. */
export const MAX_KEY_VERSION = 2 ** 32 - 1;

/** Eight bytes as they stand in documents and counter files. */
export const sixteenHexDigits = z.string().regex(/^[0-9a-f]{16}$/);

/**
 * A version's number and the name of its material, as they stand in documents and counter files.
 */
export const versionFields = {
  version: z.int().min(1).max(MAX_KEY_VERSION),
  materialName: sixteenHexDigits,
} as const;
