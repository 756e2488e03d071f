import { z } from 'zod';
import { masterKeySchema } from '../sealing/config.js';
import { pathField } from '../configuration/reading/field-types.js';
import { aloneFields } from './copy/config.js';
import { isTlsWhereNeeded, postgresStateFields, TLS_WHERE_NEEDED } from './postgres/config.js';

/** The folder of a store in files, where the configuration says nothing. */
export const DEFAULT_STATE_FOLDER = 'state';

/**
 * The folder of a replica that follows a shared store, in the state directory: what it has to know
 * when it starts again.
 */
export const REPLICA_FOLDER = 'replica';

const sealingField = {
  sealing: masterKeySchema
    .optional()
    .describe(
      'The key that seals what is secret of what operators change while Holdfast runs, such as ' +
        'credentials. It may be that of a key manager; replicas of one store have the same.',
    ),
};

const filesStateSchema = z
  .strictObject({
    type: z.literal('files'),
    ...sealingField,
    directory: pathField()
      .default(DEFAULT_STATE_FOLDER)
      .describe('The folder of the store, mode 0700. One running Holdfast a folder.'),
  })
  .describe('In files, for one running Holdfast. It needs nothing beside the disk.');

const postgresStateSchema = z
  .strictObject({
    ...postgresStateFields,
    ...aloneFields,
    ...sealingField,
  })
  .refine(isTlsWhereNeeded, { error: TLS_WHERE_NEEDED, path: ['tls'] })
  .describe('In PostgreSQL, for several replicas: docs/replicas.md.');

/** The part `state` of the configuration. */
export const stateSchema = z
  .discriminatedUnion('type', [filesStateSchema, postgresStateSchema])
  .prefault({ type: 'files' })
  .describe('The store of what operators change while Holdfast runs: docs/state.md.');

/** The state store as configured; paths are absolute. */
export type StateConfig = z.output<typeof stateSchema>;
