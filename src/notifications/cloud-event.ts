import type { EventFields, ToldEvent } from './told-event.js';

/** Media type of an event in the structured mode of the HTTP binding. */
export const CLOUD_EVENT_TYPE = 'application/cloudevents+json';

/** An event in the JSON form of CloudEvents. @see CloudEvents 1.0.2, JSON Event Format */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** An extension attribute, by which receivers can route without looking at the data. */
  readonly severity: string;
  readonly data: EventFields & { readonly message: string };
}

/** The identity that a replica gives its events. */
export interface EventIdentity {
  readonly id: string;
  readonly source: string;
}

/** Puts an event into the form of CloudEvents. */
export function cloudEventOf(told: ToldEvent, { id, source }: EventIdentity): CloudEvent {
  const { event, severity, sentence, subject, time, fields } = told;
  return {
    specversion: '1.0',
    id,
    source,
    type: `holdfast.${event}`,
    subject,
    time,
    datacontenttype: 'application/json',
    severity,
    data: { message: sentence, ...fields },
  };
}

/**
 * Names a replica as the source of events.
 *
 * @returns a URI reference
 */
export function sourceOf(replica: string): string {
  return `/holdfast/${encodeURIComponent(replica)}`;
}
