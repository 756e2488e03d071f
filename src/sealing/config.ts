import { z } from 'zod';
import { secretField } from '../configuration/reading/field-types.js';

const ONE_SOURCE = 'either key or passphrase';

/** The source of a master key, as the configuration gives it. */
export const masterKeySchema = z.union(
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
);

function hasBoth(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'key' in input && 'passphrase' in input;
}
