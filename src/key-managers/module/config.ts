import { z } from 'zod';
import { nameField, pathField, secretField } from '../../configuration/reading/field-types.js';

const OPTIONS_ALLOWED = 'a group of fields of your own';

/** An entry of `keyManagers` in the configuration with `type: module`. */
export const moduleKeyManagerSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    type: z.literal('module'),
    module: pathField().describe(
      'The ES module that exports `createKeyManager`. It runs inside the proxy and may do all that ' +
        'the proxy may do.',
    ),
    options: z
      .record(z.string(), z.unknown(), { error: OPTIONS_ALLOWED })
      .meta({ errorMessage: OPTIONS_ALLOWED })
      .default({})
      .describe('Handed to the module as they are; relative paths in them stay relative.'),
    secrets: z
      .record(z.string(), secretField(/^.+$/s, 'a secret, not empty'), { error: OPTIONS_ALLOWED })
      .meta({ errorMessage: OPTIONS_ALLOWED })
      .default({})
      .describe('Handed to the module too, each as a `Secret` that no log shows.'),
  })
  .describe('Keys in a key manager of your own, behind an ES module.');

/** A module key manager as configured; `module` is absolute. */
export type ModuleKeyManagerConfig = z.output<typeof moduleKeyManagerSchema>;
