import { z } from 'zod';
import { MAX_PATTERN_CHARACTERS, MAX_REASON_CHARACTERS } from '../../authorization/blocks/block.js';
import { confirmationFields } from './confirmation.js';
import { keyStorePathSchema } from './key-stores.js';
import { keyFilterSchema, keyPathSchema } from './keys.js';
import type { AdminRoute } from './route.js';

const reasonSchema = z
  .string()
  .trim()
  .min(1)
  .max(MAX_REASON_CHARACTERS)
  .describe('Why; it is kept and shown.');

/** Body of what blocks or unblocks a key or a key store. */
const changeBlockSchema = z.strictObject({ reason: reasonSchema });

/** Body of what blocks or unblocks principals. */
const changePrincipalsSchema = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(MAX_PATTERN_CHARACTERS)
    .regex(/^[\x21-\x7e]+$/u, 'must be printable ASCII without spaces')
    .describe('ARN, or the name of an AWS service; * stands for any text.'),
  reason: reasonSchema,
});

/** Something that is blocked, or was. */
const blockSchema = z.object({
  kind: z.enum(['key', 'key-store', 'principal']),
  name: z.string().describe('The id of the key, the key store, or the pattern of principals.'),
  keyManager: z.string().optional().describe("The key's."),
  blocked: z.boolean().describe('False for a block that was lifted.'),
  reason: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
});

/** Answer of what blocks or unblocks. */
const changedBlocksSchema = z.object({
  blocks: z.array(blockSchema),
  kept: z
    .enum(['store', 'replica', 'memory'])
    .describe(
      "Where: in the state store; on this replica's disk or in its memory, until the store can be told.",
    ),
  ...confirmationFields,
  problem: z.string().optional().describe('Why the state store does not have it.'),
  doesNotReach: z.array(z.string()).describe('What it does not stop, one sentence each.'),
});

/** Answer of `listBlocks`. */
const blockListSchema = z.object({ blocks: z.array(blockSchema) });

/** A block, as administrators see it. */
export type ShownBlock = z.infer<typeof blockSchema>;

/** Answer of what blocks or unblocks. */
export type ChangedBlocks = z.infer<typeof changedBlocksSchema>;

const CHANGE = {
  method: 'POST',
  isAct: true,
  status: 200,
  answer: changedBlocksSchema,
} as const;

const ON_KEY = {
  ...CHANGE,
  request: z.object({
    pathParameters: keyPathSchema,
    query: keyFilterSchema,
    body: changeBlockSchema,
  }),
  logged: ['externalKeyId', 'keyStore', 'keyManager', 'reason'],
} as const;

const ON_KEY_STORE = {
  ...CHANGE,
  request: z.object({ pathParameters: keyStorePathSchema, body: changeBlockSchema }),
  logged: ['keyStore', 'reason'],
} as const;

const ON_PRINCIPALS = {
  ...CHANGE,
  request: z.object({ body: changePrincipalsSchema }),
  logged: ['pattern', 'reason'],
} as const;

/** The calls that block and unblock. */
export const blockRoutes = {
  blockKey: {
    ...ON_KEY,
    summary: 'Refuses every use of a key or an alias, at once.',
    path: '/v1/keys/:externalKeyId/block',
  },
  unblockKey: {
    ...ON_KEY,
    summary: 'Lifts the block of a key or an alias.',
    path: '/v1/keys/:externalKeyId/unblock',
  },
  blockKeyStore: {
    ...ON_KEY_STORE,
    summary: 'Refuses every use of the keys of a key store, at once.',
    path: '/v1/key-stores/:keyStore/block',
  },
  unblockKeyStore: {
    ...ON_KEY_STORE,
    summary: 'Lifts the block of a key store.',
    path: '/v1/key-stores/:keyStore/unblock',
  },
  blockPrincipals: {
    ...ON_PRINCIPALS,
    summary: 'Refuses callers that fit a pattern, at once.',
    path: '/v1/principals/block',
  },
  unblockPrincipals: {
    ...ON_PRINCIPALS,
    summary: 'Lifts the block of a pattern of callers.',
    path: '/v1/principals/unblock',
  },
  listBlocks: {
    summary: 'Lists what is blocked, and the blocks that were lifted.',
    method: 'GET',
    path: '/v1/blocks',
    request: z.object({}),
    logged: [],
    isAct: false,
    status: 200,
    answer: blockListSchema,
  },
} as const satisfies Readonly<Record<string, AdminRoute>>;
