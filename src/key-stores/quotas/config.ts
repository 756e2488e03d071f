import { z } from 'zod';
import { countField } from '../../configuration/reading/field-types.js';

const MAX_RATE = 1_000_000;
const EMPTY = 'requestsPerSecond, concurrency, or both';

const limitFields = {
  requestsPerSecond: countField({ min: 1, max: MAX_RATE })
    .optional()
    .describe('Encrypt and Decrypt that are accepted in a second, on average.'),
  burst: countField({ min: 1, max: MAX_RATE })
    .optional()
    .describe(
      'Requests that may come at once after a quiet time; by default `requestsPerSecond`. Only together with it.',
    ),
  concurrency: countField({ min: 1, max: MAX_RATE })
    .optional()
    .describe('Requests that may be in work at once.'),
};

const limitsSchema = z
  .strictObject(limitFields)
  .refine(isLimit, { error: EMPTY })
  .refine(hasRateForBurst, { path: ['burst'], error: 'only together with requestsPerSecond' });

/** The quotas of a key store, per replica. */
export const quotasSchema = z
  .strictObject({
    ...limitFields,
    perCredential: limitsSchema
      .optional()
      .describe('The quota of each credential of the key store.'),
    perAccount: limitsSchema
      .optional()
      .describe(
        "The quota of each AWS account whose principals call, by KMS's word. AWS services that act " +
          'in their own name count for the account of the KMS key.',
      ),
  })
  .refine(
    (quotas) =>
      isLimit(quotas) || quotas.perCredential !== undefined || quotas.perAccount !== undefined,
    { error: `${EMPTY}, for the key store, perCredential or perAccount` },
  )
  .refine(hasRateForBurst, { path: ['burst'], error: 'only together with requestsPerSecond' })
  .describe(
    'Limits of Encrypt and Decrypt on this replica: of the whole key store, of each credential, of ' +
      'each account. What exceeds one is answered with ThrottlingException (429).',
  );

/** A limit as configured. */
export interface LimitConfig {
  readonly requestsPerSecond?: number | undefined;
  readonly burst?: number | undefined;
  readonly concurrency?: number | undefined;
}

/** The quotas of a key store as configured. */
export type QuotasConfig = z.output<typeof quotasSchema>;

function isLimit({ requestsPerSecond, concurrency }: LimitConfig): boolean {
  return requestsPerSecond !== undefined || concurrency !== undefined;
}

function hasRateForBurst({ requestsPerSecond, burst }: LimitConfig): boolean {
  return burst === undefined || requestsPerSecond !== undefined;
}
