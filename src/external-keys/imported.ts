import { z } from 'zod';
import { MAX_KEY_VERSION } from '../shared/key-material.js';

/** The most import tokens of a key that nobody has spent. */
export const MAX_IMPORT_TOKENS = 10;
/** The most versions of a key whose material was imported. */
export const MAX_IMPORTED_VERSIONS = 1_000;

/** A time in ISO 8601, in UTC. */
export const timeSchema = z.iso.datetime();
/** The number of a version of key material. */
export const versionSchema = z.int().min(1).max(MAX_KEY_VERSION);
/** The one who did it: a user of the machine, or `schedule`. */
const actorSchema = z.string().min(1).max(256);
/** An act that was done: when, and by whom. */
export const doneSchema = z.strictObject({ at: timeSchema, by: actorSchema });

/** The key manager's name for a wrapping key. */
export const wrappingKeyIdSchema = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/u);

/** A way to wrap key material, in KMS's words. */
export const importWaySchema = z.strictObject({
  wrappingAlgorithm: z.enum(['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256']),
  wrappingKeySpec: z.enum(['RSA_2048', 'RSA_3072', 'RSA_4096']),
});

/** The permission to import material once, wrapped under one key. */
export const importTokenSchema = z.strictObject({
  /** SHA-256 of the token, in hexadecimal: the token itself is with the one who imports. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
  wrappingKeyId: wrappingKeyIdSchema,
  way: importWaySchema,
  made: doneSchema,
  endsAt: timeSchema,
});

const base64Schema = z.base64().max(1_024);

const witnessSchema = z.strictObject({
  iv: base64Schema,
  ciphertext: base64Schema,
  tag: base64Schema,
  aad: base64Schema,
  plaintext: base64Schema,
});

/** A version of imported material. */
export const importedSchema = z.strictObject({
  version: versionSchema,
  imported: doneSchema,
  /** The date at which use ends. */
  expiresAt: timeSchema.optional(),
  /** The measured running time of the store before which expired material is not destroyed. */
  dueRanMs: z.number().min(0).optional(),
  /** Present once the material is destroyed: then the version can be imported again. */
  destroyed: doneSchema.optional(),
  /** Present until the key is rotated to the version. */
  waits: z.literal(true).optional(),
  /** The days before the end that people were told of last; 0 for the end itself. */
  warnedDays: z.int().min(0).optional(),
  /**
   * A ciphertext by which the same material is known again; each field in base64. Absent for a
   * version that waits: its key manager does not encrypt with it yet.
   */
  witness: witnessSchema.optional(),
});

/** An act that was done: when (ISO 8601), and by whom. */
export type Done = Readonly<z.infer<typeof doneSchema>>;

/** The permission to import material once, wrapped under one key. */
export type ImportToken = Readonly<z.infer<typeof importTokenSchema>>;

/** A version of imported material. */
export type ImportedVersion = Readonly<z.infer<typeof importedSchema>>;

/** A ciphertext by which the same material is known again. */
export type StoredWitness = Readonly<z.infer<typeof witnessSchema>>;

/** Tells whether a version has material that has an end, which may be over. */
export function isEnding(
  imported: ImportedVersion,
): imported is ImportedVersion & { readonly expiresAt: string } {
  return imported.expiresAt !== undefined && imported.destroyed === undefined;
}
