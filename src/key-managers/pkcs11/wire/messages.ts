import { z } from 'zod';
import type { KeyManagerErrorCode, KeyUsage } from '../../backend.js';
import type { KeyNameTemplates } from '../key-naming.js';
import type { ProfileName } from '../vendor-profiles.js';

/** Selector of a token: exactly one of these. */
export type TokenSelector =
  | { readonly label: string }
  | { readonly serial: string }
  /** The slot's id, not its place in the list. */
  | { readonly slot: number };

/** `open`: load the library, find the token, log in. Once more after `session-lost`. */
export interface OpenRequest {
  /** Absolute path of the PKCS#11 module. */
  readonly module: string;
  readonly libraryParameters: string | undefined;
  readonly token: TokenSelector;
  readonly pin: string;
  readonly profile: ProfileName;
  readonly keyNames: KeyNameTemplates;
}

/** `describe`: every version of a key. */
export interface DescribeRequest {
  readonly externalKeyId: string;
}

/** `create`: a new key, of version 1. */
export interface CreateRequest {
  readonly externalKeyId: string;
  readonly usage: readonly KeyUsage[];
}

/**
 * `discard`: removes a key that has just been made, told by its material from another of its name.
 */
export interface DiscardRequest {
  readonly externalKeyId: string;
  /** In hexadecimal. */
  readonly materialName: string;
}

const tokenReplySchema = z.object({
  label: z.string(),
  serial: z.string(),
  manufacturer: z.string(),
  model: z.string(),
});

/** The token that a child has logged in to. */
export type TokenReply = z.infer<typeof tokenReplySchema>;

const versionReplySchema = z.object({
  version: z.number(),
  lookup: z.string(),
  materialName: z.string(),
  usage: z.array(z.enum(['ENCRYPT', 'DECRYPT'])),
});

const keyReplySchema = z.object({
  externalKeyId: z.string(),
  versions: z.array(versionReplySchema),
  /** Why the key cannot be used. */
  problem: z.string().optional(),
});

/** One version of a key as it stands in the token. */
export type VersionReply = z.infer<typeof versionReplySchema>;

/** A key as it stands in the token. */
export type KeyReply = z.infer<typeof keyReplySchema>;

const failureSchema = z.object({
  code: z.string().transform((code) => code as KeyManagerErrorCode),
  message: z.string(),
  effect: z.enum(['session-lost', 'child-lost', 'pin-refused', 'unsafe-iv']).optional(),
});

/**
 * A child's reason for not doing what it was asked.
 *
 * `effect` is what follows for others than the one who asked: the child has to be opened again;
 * it is of no use any more; nobody may log in again with this PIN; the token makes IVs that must
 * not be used.
 */
export type Failure = z.infer<typeof failureSchema>;

/** Replies in JSON, checked: a library that overwrites memory can change any byte of them. */
export const replySchemas = {
  open: tokenReplySchema,
  describe: keyReplySchema,
  create: keyReplySchema,
  list: z.array(keyReplySchema),
  failure: failureSchema,
};
