import { z } from 'zod';
import { MAX_KEY_VERSION } from '../../shared/key-material.js';

/** Eight bytes as they stand in documents and counter files. */
export const sixteenHexDigits = z.string().regex(/^[0-9a-f]{16}$/);

/**
 * A version's number and the name of its material, as they stand in documents and counter files.
 */
export const versionFields = {
  version: z.int().min(1).max(MAX_KEY_VERSION),
  materialName: sixteenHexDigits,
} as const;
