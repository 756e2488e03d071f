import { z } from 'zod';
import type { AdminRoute } from './route.js';

const countSchema = z.object({
  name: z.string(),
  count: z.int(),
  firstAt: z.iso.datetime(),
  lastAt: z.iso.datetime(),
  lastFailure: z.string().describe('The fault of the latest signature.'),
});

const countsSchema = z.object({
  top: z.array(countSchema).readonly().describe('Those that failed most, in that order.'),
  others: z.int().describe('Failures of all others.'),
});

/** Answer of `listFailedAuthentications`. */
const failedAuthenticationsSchema = z.object({
  since: z.iso.datetime().describe('Start of the process.'),
  total: z.int(),
  addresses: countsSchema.describe('By the address that they came from.'),
  accessKeyIds: countsSchema.describe('By the access key id that they claimed.'),
});

/** The failed authentications of a replica. */
export type ShownFailedAuthentications = z.infer<typeof failedAuthenticationsSchema>;

/** The calls about failed authentications. */
export const failedAuthenticationRoutes = {
  listFailedAuthentications: {
    summary: 'Lists who failed authentication most at this replica, since its start.',
    method: 'GET',
    path: '/v1/failed-authentications',
    request: z.object({}),
    logged: [],
    isAct: false,
    status: 200,
    answer: failedAuthenticationsSchema,
  },
} as const satisfies Record<string, AdminRoute>;
