import { z } from 'zod';

/** Path parameters of what is done with one webhook. */
export const webhookPathSchema = z.strictObject({
  webhook: z.string().min(1).max(64).describe('Name of a webhook in the configuration.'),
});

/** Answer of `testNotification`. */
export const testedNotificationSchema = z.object({
  webhook: z.string(),
  accepted: z.boolean().describe('Whether the receiver took the event.'),
  status: z.int().optional().describe("HTTP status of the receiver's answer; absent without one."),
  failure: z.string().optional().describe('Why it did not take the event, in words.'),
});
