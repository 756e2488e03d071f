import { z } from 'zod';
import {
  countField,
  listField,
  pathField,
  textField,
} from '../configuration/reading/field-types.js';
import { isTimeZone } from '../shared/time-zone.js';
import { isExternalKeyId } from '../xks/external-key-id.js';

const FILES_ALLOWED = 'either directory or files';
const TIME_ZONE_ALLOWED = 'a time zone of the IANA database, such as Europe/Berlin';
const KEY_ALLOWED = 'an external key id or an alias: 1 to 128 letters, digits, dots, - and _';

const filesFields = {
  directory: pathField()
    .optional()
    .describe('A folder: every file in it whose name ends in `.cedar`, in the order of names.'),
  files: listField(pathField(), 'a list of files, at least one')
    .optional()
    .describe('Files of policies, in place of a folder.'),
};

const keyPoliciesSchema = z
  .strictObject({
    externalKeyId: textField(/^[A-Za-z0-9._-]{1,128}$/, KEY_ALLOWED)
      .refine(isExternalKeyId, { error: KEY_ALLOWED })
      .describe('The key, or an alias.'),
    ...filesFields,
  })
  .refine(hasOneSource, { error: FILES_ALLOWED })
  .describe("The policies of a key, which narrow the key store's.");

const setFields = {
  ...filesFields,
  keys: z
    .array(keyPoliciesSchema, { error: 'a list of keys with their policies' })
    .meta({ errorMessage: 'a list of keys with their policies' })
    .default([])
    .describe("Policies of single keys: they and the key store's must both permit a request."),
};

const shadowSchema = z
  .strictObject({
    ...setFields,
    samplePercent: countField({ min: 1, max: 100 })
      .default(100)
      .describe('The part of the requests that the candidate is evaluated for, in percent.'),
    cpuPercent: countField({ min: 1, max: 50 })
      .default(2)
      .describe('The part of a processor that this may take; requests beyond it are left out.'),
  })
  .refine(hasOneSource, { error: FILES_ALLOWED })
  .describe(
    'A candidate that is evaluated beside the policies in force, after the answer. Differences ' +
      'are counted and logged, and change no answer.',
  );

/** The policies of a key store, in Cedar. */
export const policiesSchema = z
  .strictObject({
    ...setFields,
    timeZone: textField(/^[A-Za-z0-9+_/-]{1,64}$/, TIME_ZONE_ALLOWED)
      .refine(isTimeZone, { error: TIME_ZONE_ALLOWED })
      .default('UTC')
      .describe('The time zone of `context.localHour` and `context.weekday`.'),
    shadow: shadowSchema.optional(),
  })
  .refine(hasOneSource, { error: FILES_ALLOWED })
  .describe(
    'Policies in Cedar (docs/policies.md). With them, what no policy permits is denied; without, ' +
      'whatever IAM and the key policies of KMS allow is allowed.',
  );

function hasOneSource({ directory, files }: { directory?: unknown; files?: unknown }): boolean {
  return (directory === undefined) !== (files === undefined);
}

/** The policies of a key store as configured. */
export type PoliciesConfig = z.output<typeof policiesSchema>;

/** A set of policies as configured: those in force, or a candidate. */
export type PolicySetConfig = Pick<PoliciesConfig, 'directory' | 'files' | 'keys'>;
