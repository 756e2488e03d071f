import { z } from 'zod';
import { importWaySchema, versionSchema } from '../../external-keys/imported.js';
import { changedKeySchema, keyFilterSchema, keyPathSchema, keySchema } from './keys.js';
import type { AdminRoute } from './route.js';

/** More than any wrapped material or token has. */
const MAX_BASE64_CHARACTERS = 4_096;

const bytesSchema = z.base64().min(1).max(MAX_BASE64_CHARACTERS);

/** Body of `getImportParameters`. */
export type ImportWay = z.infer<typeof importWaySchema>;

/** Answer of `getImportParameters`. */
const importParametersSchema = z.object({
  ...keySchema.pick({ externalKeyId: true, keyManager: true }).shape,
  publicKey: bytesSchema.describe('The wrapping key: SubjectPublicKeyInfo in DER, in base64.'),
  importToken: bytesSchema.describe('In base64. Valid once, with this wrapping key and this key.'),
  validTo: z.iso.datetime(),
});

/** Body of `importKeyMaterial`. */
const importKeyMaterialSchema = z.strictObject({
  encryptedKeyMaterial: bytesSchema.describe('In base64.'),
  importToken: bytesSchema.describe('In base64.'),
  validTo: z.iso
    .datetime()
    .optional()
    .describe('When use ends. Absent for material that does not expire.'),
  newVersion: z.boolean().optional().describe('Whether it is further material, which waits.'),
  version: versionSchema.optional().describe('Of several that it could be for.'),
});

/** The calls that import key material, and delete it, by their operations' names. */
export const importRoutes = {
  getImportParameters: {
    summary: 'Makes a wrapping key, and the token of one import of key material under it.',
    method: 'POST',
    path: '/v1/keys/:externalKeyId/import-parameters',
    request: z.object({
      pathParameters: keyPathSchema,
      query: keyFilterSchema,
      body: importWaySchema,
    }),
    logged: [
      ...(['externalKeyId', 'keyStore', 'keyManager'] as const),
      ...(['wrappingAlgorithm', 'wrappingKeySpec'] as const),
    ],
    isAct: true,
    status: 200,
    answer: importParametersSchema,
    isLong: true,
  },
  importKeyMaterial: {
    summary: 'Imports wrapped key material into a key.',
    method: 'POST',
    path: '/v1/keys/:externalKeyId/import',
    request: z.object({
      pathParameters: keyPathSchema,
      query: keyFilterSchema,
      body: importKeyMaterialSchema,
    }),
    logged: ['externalKeyId', 'keyStore', 'keyManager', 'validTo', 'newVersion', 'version'],
    isAct: true,
    status: 200,
    answer: changedKeySchema,
    isLong: true,
  },
  deleteImportedMaterial: {
    summary: 'Destroys all imported material of a key at once.',
    method: 'POST',
    path: '/v1/keys/:externalKeyId/delete-imported-material',
    request: z.object({ pathParameters: keyPathSchema, query: keyFilterSchema }),
    logged: ['externalKeyId', 'keyStore', 'keyManager'],
    isAct: true,
    status: 200,
    answer: changedKeySchema,
    isLong: true,
  },
} as const satisfies Record<string, AdminRoute>;
