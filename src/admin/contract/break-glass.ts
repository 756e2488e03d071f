import { z } from 'zod';
import { MAX_OPEN_HOURS } from '../../authorization/break-glass/break-glass.js';
import { confirmationFields } from './confirmation.js';
import { keyStoreNameSchema } from './fields.js';
import type { AdminRoute } from './route.js';

const MAX_SECONDS = MAX_OPEN_HOURS * 3_600;

const pathSchema = z.strictObject({ keyStore: keyStoreNameSchema });

const openSchema = z.strictObject({
  reason: z.string().trim().min(1).max(1_000).describe('Why, for the record.'),
  seconds: z
    .int()
    .min(1)
    .max(MAX_SECONDS)
    .describe('How long; then the policies are in force again.'),
});

const openingSchema = z.object({
  keyStore: z.string(),
  reason: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
  until: z.iso.datetime(),
});

/** Routes of what overrules the policies of a key store. */
export const breakGlassRoutes = {
  listBreakGlass: {
    summary: 'Lists the key stores whose policies are overruled now.',
    method: 'GET',
    path: '/v1/break-glass',
    request: z.object({}),
    logged: [],
    isAct: false,
    status: 200,
    answer: z.object({ open: z.array(openingSchema) }),
  },
  openBreakGlass: {
    summary: 'Overrules the policies of a key store for a while: what they deny is allowed.',
    method: 'POST',
    path: '/v1/key-stores/:keyStore/break-glass',
    request: z.object({ pathParameters: pathSchema, body: openSchema }),
    logged: ['keyStore', 'reason', 'seconds'],
    isAct: true,
    status: 200,
    answer: openingSchema.extend(confirmationFields),
  },
  closeBreakGlass: {
    summary: 'Puts the policies of a key store in force again.',
    method: 'POST',
    path: '/v1/key-stores/:keyStore/break-glass/close',
    request: z.object({ pathParameters: pathSchema }),
    logged: ['keyStore'],
    isAct: true,
    status: 200,
    answer: z.object({ keyStore: z.string(), wasOpen: z.boolean(), ...confirmationFields }),
  },
} as const satisfies Record<string, AdminRoute>;
