import { z } from 'zod';
import { keyManagerNameSchema } from './fields.js';

/** Path parameters of what is done with one key manager. */
export const keyManagerPathSchema = z.strictObject({ keyManager: keyManagerNameSchema });

/** A key manager as the server's own checks find it. */
export const keyManagerSchema = z.object({
  name: z.string(),
  nodes: z.array(
    z.object({
      name: z.string(),
      location: z.string(),
      vendor: z.string(),
      model: z.string(),
      status: z.enum(['ACTIVE', 'DEGRADED', 'UNAVAILABLE']),
      detail: z.string().optional().describe('What is wrong; absent where nothing is.'),
    }),
  ),
});
