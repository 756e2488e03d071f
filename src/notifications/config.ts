import { z } from 'zod';
import {
  choiceField,
  countField,
  listField,
  nameField,
  pathField,
  secretField,
  textField,
} from '../configuration/reading/field-types.js';
import { EVENTS, type EventName } from './events.js';

/** The folder of the queues, below the state directory. */
export const NOTIFICATIONS_FOLDER = 'notifications';

/**
 * A host, which only for `https` may be any; then perhaps a port, a path and a query. No user, no
 * fragment.
 */
const URL_FORM =
  /^(https:\/\/([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\])|http:\/\/(127\.0\.0\.1|localhost|\[::1\]))(:\d{1,5})?([/?][\x21\x22\x24-\x7e]*)?$/;
const URL_ALLOWED =
  'https://, a host and, if need be, a port, a path and a query; http:// for this machine alone';

/** 24 to 64 bytes in base64. @see Standard Webhooks, section "Signature scheme" */
const SECRET_FORM = /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const SECRET_ALLOWED = 'whsec_ and 24 to 64 random bytes in base64';

const names = Object.keys(EVENTS) as EventName[];

const webhookSchema = z
  .strictObject({
    name: nameField().describe('Shown in logs, metrics and listings.'),
    url: textField(URL_FORM, URL_ALLOWED)
      .refine((url) => URL.canParse(url), { error: URL_ALLOWED })
      .describe('The address that events are sent to. Redirects are not followed.'),
    secret: secretField(SECRET_FORM, SECRET_ALLOWED).describe(
      'The secret that events are signed with, which the receiver has as well.',
    ),
    previousSecret: secretField(SECRET_FORM, SECRET_ALLOWED)
      .optional()
      .describe(
        'A second secret that events are signed with, while the receiver is given a new one.',
      ),
    events: listField(choiceField(names), 'a list of names of events, at least one')
      .optional()
      .describe('The events that are sent. Without it, all of them.'),
    ca: pathField()
      .optional()
      .describe("PEM: the authorities that may vouch for the receiver, instead of Node's own."),
    maxQueued: countField({ min: 10, max: 100_000 })
      .default(10_000)
      .describe(
        'Events that wait on disk while the receiver is away. Beyond it the oldest is given up, and said to be.',
      ),
  })
  .describe('A receiver of events, as CloudEvents 1.0 in JSON.');

/** The part `notifications` of the configuration. */
export const notificationsSchema = z
  .strictObject({
    webhooks: z
      .array(webhookSchema, { error: 'a list of webhooks' })
      .meta({ errorMessage: 'a list of webhooks' })
      .default([])
      .describe('Receivers of events. No request waits for one.'),
  })
  .prefault({})
  .describe('Who is told of events, beside the audit log, the log and the metrics.');

/** A webhook as configured; paths are absolute. */
export type WebhookConfig = z.output<typeof webhookSchema>;
