import { createHmac } from 'node:crypto';
import type { Secret } from '../shared/secret.js';

const PREFIX = 'whsec_';

/** A message to be signed. */
export interface SignedMessage {
  /** The id of the event, which is the same in every attempt. */
  readonly id: string;
  /** The time of the attempt, in ms since 1970. */
  readonly sentAt: number;
  readonly body: string;
}

/**
 * Signs a message with HMAC-SHA-256, once under each secret.
 *
 * @param secrets `whsec_` and base64
 * @returns the headers that go with the body
 * @see Standard Webhooks, section "Signature scheme"
 */
export function signatureHeaders(
  { id, sentAt, body }: SignedMessage,
  secrets: readonly Secret[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(sentAt / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.reveal().slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
