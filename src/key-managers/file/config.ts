import { z } from 'zod';
import { nameField, pathField, secretField, textField } from '../../config/field-types.js';

const ONE_SOURCE = 'either key or passphrase';

const masterKeySchema = z
  .union(
    [
      z.strictObject({
        key: secretField(
          /^[A-Za-z0-9+/]{43}=$/,
          '32 bytes of standard base64, 44 characters, as `openssl rand -base64 32` makes them',
        ).describe('The master key itself: 32 bytes of standard base64.'),
      }),
      z.strictObject({
        passphrase: secretField(/^.{16,}$/s, 'a passphrase of at least 16 characters').describe(
          'A passphrase, from which scrypt makes the master key.',
        ),
      }),
    ],
    { error: ({ input }) => (hasBoth(input) ? `${ONE_SOURCE}; keep one of them` : ONE_SOURCE) },
  )
  .describe('What the key documents are sealed with. Keep a copy away from the key folder.');

function hasBoth(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'key' in input && 'passphrase' in input;
}

/** An entry of `keyManagers` in the configuration with `type: file`. */
export const fileKeyManagerSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    type: z.literal('file'),
    directory: pathField().describe(
      'The folder of the key documents, mode 0700. One running Holdfast a folder.',
    ),
    location: textField(
      /^[^\p{Cc}]{1,64}$/u,
      'a place, 1 to 64 characters without control characters',
    )
      .default('local')
      .describe('The country or data centre that an auditor asks for.'),
    masterKey: masterKeySchema,
  })
  .describe('Keys in encrypted files, in a folder of this machine.');

/** A file key manager as configured; `directory` is absolute. */
export type FileKeyManagerConfig = z.output<typeof fileKeyManagerSchema>;
