import { z } from 'zod';
import { EVENT_FIELDS } from '../../notifications/event-fields.js';
import { EVENTS, type EventName, SEVERITIES } from '../../notifications/events.js';
import { envelope } from './common.js';

const names = Object.keys(EVENTS) as [EventName, ...EventName[]];

const fields = z.strictObject(EVENT_FIELDS).partial().shape;

/** Something that people were told of, in the fields that its name asks for. */
export const eventSchema = z.strictObject({
  type: z.literal('event'),
  ...envelope,
  event: z.enum(names).describe('What has happened: docs/notification-events.md lists the events.'),
  severity: z
    .enum(SEVERITIES)
    .describe('How soon somebody should look: never, in working hours, now.'),
  ...fields,
});
