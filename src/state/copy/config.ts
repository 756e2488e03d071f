import { z } from 'zod';
import { choiceField, countField } from '../../configuration/reading/field-types.js';
import { masterKeySchema } from '../../sealing/config.js';

/** The fields of a shared state store that say how a replica goes on without it. */
export const aloneFields = {
  withoutStore: z
    .strictObject({
      masterKey: masterKeySchema.describe(
        'The key that seals the last copy of the state on disk. It may be that of a key manager.',
      ),
    })
    .optional()
    .describe(
      'Allows a start while the store cannot be reached, from the last copy on this disk: such a ' +
        'replica decrypts and does not encrypt. Without it, a start needs the store.',
    ),
  maxStalenessHours: countField({ min: 1, max: 167 })
    .default(144)
    .describe(
      'Age of the copy from which a replica serves no more. Below the shortest waiting period of ' +
        'a deletion, 168 hours, so that nobody uses what was deleted.',
    ),
  whenAlone: choiceField(['continue', 'refuse'])
    .default('continue')
    .describe(
      'What a replica does whose lease has ended because it cannot reach the store: go on with ' +
        'its copy for `maxStalenessHours`, or serve no more at once.',
    ),
};
