import { z } from 'zod';
import type { ImportWay, KeyManagerErrorCode, KeyUsage } from '../../backend.js';
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

/** `rotate`: the version after `from`, unless there is one. */
export interface RotateRequest {
  readonly externalKeyId: string;
  readonly from: number;
}

/** `destroy`: every object of a key, or of one version of it. */
export interface DestroyRequest {
  readonly externalKeyId: string;
  readonly version?: number;
}

/** `createWrappingKey`: an RSA pair whose private half stays in the token. */
export interface CreateWrappingKeyRequest {
  readonly way: ImportWay;
}

/** `destroyWrappingKey`. */
export interface DestroyWrappingKeyRequest {
  readonly wrappingKeyId: string;
}

/** `importMaterial`: unwraps material into a version. Bytes are in Base64. */
export interface ImportMaterialRequest {
  readonly externalKeyId: string;
  readonly version: number;
  readonly usage: readonly KeyUsage[];
  readonly way: ImportWay;
  readonly wrappingKeyId: string;
  readonly wrapped: string;
  readonly witness?: WitnessMessage;
}

/** A ciphertext that the material must open. Bytes are in Base64. */
export interface WitnessMessage {
  readonly iv: string;
  /** Ciphertext followed by the tag. */
  readonly sealed: string;
  readonly aad: string;
  readonly plaintext: string;
}

const importWaySchema = z.object({
  wrappingAlgorithm: z.enum(['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256']),
  wrappingKeySpec: z.enum(['RSA_2048', 'RSA_3072', 'RSA_4096']),
});

const tokenReplySchema = z.object({
  label: z.string(),
  serial: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  importWays: z.array(importWaySchema),
});

/** The token that a child has logged in to. */
export type TokenReply = z.infer<typeof tokenReplySchema>;

const versionReplySchema = z.object({
  version: z.number(),
  lookup: z.string(),
  materialName: z.string(),
  usage: z.array(z.enum(['ENCRYPT', 'DECRYPT'])),
  /** True for material that the token made. */
  isLocal: z.boolean().optional(),
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

const rotateReplySchema = z.object({
  key: keyReplySchema,
  /** The version that this call has generated. */
  made: z.number().optional(),
});

/** A key after a rotation. */
export type RotateReply = z.infer<typeof rotateReplySchema>;

const wrappingKeyReplySchema = z.object({ wrappingKeyId: z.string(), publicKey: z.base64() });

/** A wrapping key, with its public half as SubjectPublicKeyInfo. */
export type WrappingKeyReply = z.infer<typeof wrappingKeyReplySchema>;

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
  rotate: rotateReplySchema,
  importMaterial: keyReplySchema,
  createWrappingKey: wrappingKeyReplySchema,
  failure: failureSchema,
};
