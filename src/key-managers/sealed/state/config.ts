import { z } from 'zod';
import { locationField, nameField } from '../../../configuration/reading/field-types.js';
import { masterKeySchema } from '../../../sealing/config.js';

/** An entry of `keyManagers` in the configuration with `type: sealed`. */
export const sealedKeyManagerSchema = z
  .strictObject({
    name: nameField().describe(
      'Shown in logs, metrics and listings. Its keys are stored under this name: it stays.',
    ),
    type: z.literal('sealed'),
    location: locationField(),
    masterKey: masterKeySchema.describe(
      'The key that encrypts the key documents, the same on every replica. Keep a copy away from ' +
        'the state store.',
    ),
  })
  .describe('Keys in encrypted documents in the state store, which replicas can share.');

/** A sealed key manager as configured. */
export type SealedKeyManagerConfig = z.output<typeof sealedKeyManagerSchema>;
