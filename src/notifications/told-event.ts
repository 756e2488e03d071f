import type { EventFieldName, EventFieldValue } from './event-fields.js';
import { definitionOf, type EventName, type HoldfastEvent, type Severity } from './events.js';

/** Texts of others (reasons of a token, ARNs) are cut to so many UTF-16 code units. */
const MAX_CHARACTERS = 2_048;
/** Longer lists of names are cut. */
const MAX_NAMES = 100;
const CUT = '...';

/** Fields of an event, in its definition's order. */
export type EventFields = { readonly [Name in EventFieldName]?: EventFieldValue<Name> };

/** An event as it is told to everybody. */
export interface ToldEvent {
  readonly event: EventName;
  readonly severity: Severity;
  readonly sentence: string;
  /** Names what it is about: `payments/payroll`. */
  readonly subject: string;
  /** The time at which it happened: UTC, in milliseconds. */
  readonly time: string;
  readonly fields: EventFields;
}

/**
 * Makes an event ready to be told.
 *
 * @param repeated how many times it was the case since it was told last; undefined where it is told
 *   by itself
 */
export function toldEvent(event: HoldfastEvent, time: string, repeated?: number): ToldEvent {
  const { severity, sentence, subject, fields, optional } = definitionOf(event.event);
  const values: Readonly<Partial<Record<EventFieldName, unknown>>> = event;
  const told = [...subject, ...fields, ...optional].flatMap((name) => {
    const value = bounded(values[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  const all = repeated === undefined ? told : [...told, ['repeated', repeated] as const];
  return {
    event: event.event,
    severity,
    sentence,
    subject: subject.map((name) => String(bounded(values[name]))).join('/'),
    time,
    fields: Object.fromEntries(all),
  };
}

function bounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, MAX_NAMES).map(bounded);
  if (typeof value !== 'string') return value;
  const text = value.toWellFormed();
  return text.length <= MAX_CHARACTERS
    ? text
    : `${text.slice(0, MAX_CHARACTERS).toWellFormed()}${CUT}`;
}
