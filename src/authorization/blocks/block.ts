import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CollectionDefinition } from '../../state/collection.js';
import { isExternalKeyId } from '../../xks/external-key-id.js';

/** The longest reason of a block, or of an opening, in characters. */
export const MAX_REASON_CHARACTERS = 1_000;
/** The longest pattern of principals: the longest ARN of IAM and room for wildcards. */
export const MAX_PATTERN_CHARACTERS = 2_048;

const nameSchema = z.string().min(1).max(128);

const subjectSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('key'),
    keyManager: nameSchema,
    externalKeyId: z.string().refine(isExternalKeyId, 'must be an external key id'),
  }),
  z.strictObject({ kind: z.literal('key-store'), keyStore: nameSchema }),
  z.strictObject({
    kind: z.literal('principal'),
    pattern: z.string().min(1).max(MAX_PATTERN_CHARACTERS),
  }),
]);

/** The schema of a block. Its last change alone says whether it is in force. */
export const blockSchema = z.strictObject({
  subject: subjectSchema,
  blocked: z.boolean(),
  reason: z.string().min(1).max(MAX_REASON_CHARACTERS),
  by: z.string(),
  at: z.iso.datetime(),
});

/** The subject of a block: a key or an alias, a key store, or the principals that fit a pattern. */
export type BlockSubject = Readonly<z.infer<typeof subjectSchema>>;

/** A block as it is kept; one that was lifted stays, and says so. */
export type Block = Readonly<z.infer<typeof blockSchema>>;

/** The blocks of keys, key stores and principals. None is ever removed. */
export const blockCollection: CollectionDefinition<Block> = {
  name: 'blocks',
  newest: { number: 1, schema: blockSchema },
};

/**
 * The id of a block's document. The case of a key's id makes no difference.
 *
 * @returns at most 261 characters
 */
export function blockIdOf(subject: BlockSubject): string {
  switch (subject.kind) {
    case 'key':
      return `key/${subject.keyManager}/${subject.externalKeyId.toLowerCase()}`;
    case 'key-store':
      return `key-store/${subject.keyStore}`;
    case 'principal':
      return `principal/${createHash('sha256').update(subject.pattern).digest('hex')}`;
  }
}
