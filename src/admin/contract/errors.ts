import { z } from 'zod';

/** Every error code of the admin API with its HTTP status. Programs may rely on both. */
export const ADMIN_ERROR_STATUS = {
  'invalid-request': 400,
  'not-found': 404,
  /** The state of things forbids it: an id that is taken, a name that could mean two keys. */
  conflict: 409,
  /** The state of the key does not allow it. */
  'invalid-state': 409,
  /** The configuration cannot be put in force; the one before is. */
  'invalid-configuration': 409,
  /** It has been used just now. */
  'in-use': 409,
  /** The key store's `exposes` leaves this external key id out. */
  'not-exposed': 409,
  'too-large': 413,
  /** The key manager's stored data cannot be trusted. */
  corrupt: 500,
  internal: 500,
  misconfigured: 500,
  /** The key manager cannot do this at all. */
  unsupported: 501,
  /** The key manager does not answer, or not in time; worth trying again. */
  unavailable: 503,
  /** It is begun and written down, and Holdfast goes on with it by itself. */
  unfinished: 503,
} as const;

/** The reason for which the admin API refused or failed. */
export type AdminErrorCode = keyof typeof ADMIN_ERROR_STATUS;

const codes = Object.keys(ADMIN_ERROR_STATUS) as AdminErrorCode[];

/** The body of every answer that is not a success. */
export const adminErrorSchema = z.object({
  code: z.enum(codes).describe('Stable; for programs.'),
  message: z.string().describe('One sentence for people; no secrets.'),
});
