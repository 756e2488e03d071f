import { z } from 'zod';
import { ACCESS_KEY_ID, MAX_LABEL_CHARACTERS } from '../../key-stores/credentials/documents.js';
import { CREDENTIAL_STANDINGS } from '../../key-stores/credentials/standing.js';
import { confirmationFields } from './confirmation.js';
import { keyStoreNameSchema } from './fields.js';
import { keyStorePathSchema, xksProxyConfigurationSchema } from './key-stores.js';
import type { AdminRoute } from './route.js';

const accessKeyIdSchema = z
  .string()
  .regex(ACCESS_KEY_ID, 'must be 20 to 30 characters of A-Z and 2-7')
  .describe('A credential by its access key id.');

const pathSchema = z.strictObject({ accessKeyId: accessKeyIdSchema });

const timeSchema = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString());

/** Body of `addCredential`. */
const addSchema = z
  .strictObject({
    label: z
      .string()
      .trim()
      .min(1)
      .max(MAX_LABEL_CHARACTERS)
      .regex(/^[^\p{Cc}]*$/u, 'must have no control characters')
      .optional()
      .describe('What it is for, in your words.'),
    notBefore: timeSchema.optional().describe('It is not valid before.'),
    notAfter: timeSchema.optional().describe('It is not valid from then on.'),
    replaces: accessKeyIdSchema.optional().describe('The credential in whose place it comes.'),
  })
  .refine(({ notBefore = '', notAfter = '9' }) => notBefore < notAfter, {
    path: ['notAfter'],
    error: 'must be after notBefore',
  });

/** Body of what ends the use of a credential. */
const endSchema = z.strictObject({
  force: z.boolean().default(false).describe('Also where it has been used just now.'),
});

/** A credential as an administrator sees it: everything but the secret. */
const credentialSchema = z.object({
  accessKeyId: z.string(),
  keyStore: z.string(),
  label: z.string().optional(),
  source: z
    .enum(['configuration', 'run-time'])
    .describe('Whether it stands in the configuration, or was added at run time.'),
  standing: z
    .enum([...CREDENTIAL_STANDINGS, 'no-key-store'])
    .describe('`no-key-store`: the configuration has the key store no more that it is for.'),
  createdAt: z.iso.datetime().optional(),
  createdBy: z.string().optional(),
  notBefore: z.iso.datetime().optional(),
  notAfter: z.iso.datetime().optional(),
  replaces: z.string().optional().describe('The credential in whose place it came.'),
  lastUsedAt: z.iso
    .datetime()
    .optional()
    .describe('The minute of the last use on any replica; absent where none is known.'),
});

const addedSchema = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string().describe('Secret. It is shown now, and by `exportCredential`.'),
  keyStore: z.string(),
  ...confirmationFields,
});

/** Answer of what disables and enables: the credential as it is now, and who has it so. */
const changedSchema = credentialSchema.extend(confirmationFields);

/** A credential, as administrators see it. */
export type ShownCredential = z.infer<typeof credentialSchema>;

/** The calls that are about credentials. */
export const credentialRoutes = {
  listCredentials: {
    summary: 'Lists credentials, those of the configuration too, without their secrets.',
    method: 'GET',
    path: '/v1/credentials',
    request: z.object({ query: z.strictObject({ keyStore: keyStoreNameSchema.optional() }) }),
    logged: ['keyStore'],
    isAct: false,
    status: 200,
    answer: z.object({ credentials: z.array(credentialSchema) }),
  },
  addCredential: {
    summary: 'Makes a credential for a key store, valid at once. The answer holds a secret.',
    method: 'POST',
    path: '/v1/key-stores/:keyStore/credentials',
    request: z.object({ pathParameters: keyStorePathSchema, body: addSchema }),
    logged: ['keyStore', 'label', 'notBefore', 'notAfter', 'replaces'],
    loggedOfAnswer: ['accessKeyId'],
    isAct: true,
    status: 201,
    answer: addedSchema,
  },
  disableCredential: {
    summary: 'Refuses what is signed with a credential, at once, until it is enabled.',
    method: 'POST',
    path: '/v1/credentials/:accessKeyId/disable',
    request: z.object({ pathParameters: pathSchema, body: endSchema }),
    logged: ['accessKeyId', 'force'],
    loggedOfAnswer: ['keyStore'],
    isAct: true,
    status: 200,
    answer: changedSchema,
  },
  enableCredential: {
    summary: 'Takes what is signed with a credential again.',
    method: 'POST',
    path: '/v1/credentials/:accessKeyId/enable',
    request: z.object({ pathParameters: pathSchema }),
    logged: ['accessKeyId'],
    loggedOfAnswer: ['keyStore'],
    isAct: true,
    status: 200,
    answer: changedSchema,
  },
  removeCredential: {
    summary: 'Removes a credential for good.',
    method: 'POST',
    path: '/v1/credentials/:accessKeyId/remove',
    request: z.object({ pathParameters: pathSchema, body: endSchema }),
    logged: ['accessKeyId', 'force'],
    loggedOfAnswer: ['keyStore'],
    isAct: true,
    status: 200,
    answer: z.object({
      accessKeyId: z.string(),
      keyStore: z.string(),
      ...confirmationFields,
    }),
  },
  exportCredential: {
    summary: 'The proxy configuration file for the KMS console. The answer holds a secret.',
    method: 'GET',
    path: '/v1/credentials/:accessKeyId/xks-proxy-configuration',
    request: z.object({ pathParameters: pathSchema }),
    logged: ['accessKeyId'],
    isAct: true,
    status: 200,
    answer: xksProxyConfigurationSchema,
  },
} as const satisfies Readonly<Record<string, AdminRoute>>;
