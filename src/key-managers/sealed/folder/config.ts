import { z } from 'zod';
import { locationField, nameField, pathField } from '../../../configuration/reading/field-types.js';
import { masterKeySchema } from '../../../sealing/config.js';

/** An entry of `keyManagers` in the configuration with `type: file`. */
export const fileKeyManagerSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    type: z.literal('file'),
    directory: pathField().describe(
      'Folder of the key documents, mode 0700. Only one running Holdfast may use it.',
    ),
    location: locationField(),
    masterKey: masterKeySchema.describe(
      'The key that encrypts the key documents. Keep a copy away from the key folder.',
    ),
  })
  .describe('Keys in encrypted files, in a folder of this machine.');

/** A file key manager as configured; `directory` is absolute. */
export type FileKeyManagerConfig = z.output<typeof fileKeyManagerSchema>;
