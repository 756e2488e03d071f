import { AdminError } from '../admin-error.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';

/**
 * Sends a test event to a webhook now, and tells what its receiver answers.
 *
 * @throws AdminError `not-found`
 */
export async function testNotification(
  { notifications }: InForce,
  { pathParameters: { webhook } }: RequestOf<Routes['testNotification']>,
  by: string,
): Promise<AnswerOf<Routes['testNotification']>> {
  const outcome = await notifications.test(webhook, by);
  if (outcome === undefined) {
    const names = notifications.notifier.webhooks.map((each) => each.webhook);
    const others = names.length === 0 ? 'There is none.' : `There are: ${names.join(', ')}.`;
    throw new AdminError('not-found', `There is no webhook "${webhook}". ${others}`);
  }
  const { kind, status, words: failure } = outcome;
  return { webhook, accepted: kind === 'accepted', status, failure };
}
