import { z } from 'zod';
import { InputProblem } from './input-problem.js';

const text = z.string().nullish();
/** A text that every event has. */
const always = z.string().min(1);
/**
 * `2026-03-01T12:00:00Z`, and in columns of CloudTrail Lake `2026-01-22 16:53:53.000`, in UTC as
 * well.
 */
const TIME = /^(?<date>\d{4}-\d\d-\d\d)(?:T(?<time>[\d:.]+)Z| (?<lake>[\d:.]+))$/;
const parameters = z.record(z.string(), z.unknown()).nullish();

/**
 * The fields of an event that matter here, their names in small letters: CloudTrail Lake keeps some
 * of them that way, and AWS itself is not of one mind (`recipientAccountId`, `recipientAccountID`).
 *
 * @see AWS CloudTrail User Guide, "CloudTrail record contents"
 */
const eventSchema = z.object({
  eventversion: always,
  eventtime: always,
  awsregion: always,
  // CloudTrail Insights tell these two elsewhere.
  eventsource: text,
  eventname: text,
  eventtype: text,
  eventcategory: text,
  recipientaccountid: text,
  requestid: text,
  errorcode: text,
  useridentity: parameters,
  requestparameters: parameters,
  responseelements: parameters,
  additionaleventdata: parameters,
  resources: z.array(z.record(z.string(), z.unknown())).nullish(),
});

/** An event of whatever service; the names of its own fields are in small letters. */
export interface TrailEvent extends Readonly<z.infer<typeof eventSchema>> {
  /** Time at which it happened, in milliseconds since 1970; CloudTrail tells whole seconds. */
  readonly time: number;
}

/** Reads an event. @throws InputProblem for what is no event of CloudTrail */
export function parseTrailEvent(raw: unknown): TrailEvent {
  if (!isObject(raw)) throw new InputProblem('is no CloudTrail event, but something else');
  const parsed = eventSchema.safeParse(withLowerCaseNames(raw));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const what = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
    throw new InputProblem(`is no CloudTrail event: ${what}`);
  }
  const event = parsed.data;
  const isInsight = event.eventcategory === 'Insight';
  if (!isInsight && (!textOf(event.eventsource) || !textOf(event.eventname))) {
    throw new InputProblem('is no CloudTrail event: it has no eventSource, or no eventName');
  }
  return Object.assign(event, { time: timeOf(event.eventtime) });
}

function timeOf(eventtime: string): number {
  const { date, time, lake } = TIME.exec(eventtime)?.groups ?? {};
  const at = Date.parse(`${date ?? ''}T${time ?? lake ?? ''}Z`);
  // A day that the month does not have would be one of the next.
  if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(date ?? '-')) return at;
  throw new InputProblem(
    `is no CloudTrail event: eventTime is ${JSON.stringify(eventtime.slice(0, 40))}, and not a time in UTC like "2026-03-01T12:00:00Z"`,
  );
}

/** Reads the account whose trail received the event. */
export function accountOf({ recipientaccountid, useridentity }: TrailEvent): string | undefined {
  return recipientaccountid ?? textOf(withLowerCaseNames(useridentity)['accountid']);
}

/** Returns a value where it is a text with something in it. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Tells whether a value is an object with named fields. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Copies the fields of an object, their names in small letters.
 *
 * @throws InputProblem where two are the same but for their letters
 */
export function withLowerCaseNames(
  value: Readonly<Record<string, unknown>> | null | undefined,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const name in value) {
    // Assigned, it would be no field.
    if (name === '__proto__') continue;
    const lower = lowerCase(name);
    if (fields[lower] !== undefined && Object.hasOwn(fields, lower)) {
      throw new InputProblem(`has the field ${JSON.stringify(name.slice(0, 100))} twice`);
    }
    fields[lower] = value[name];
  }
  return fields;
}

const MAX_NAMES = 10_000;
const lowerCaseNames = new Map<string, string>();

/** The same few names come with every event. */
function lowerCase(name: string): string {
  const known = lowerCaseNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (lowerCaseNames.size < MAX_NAMES) lowerCaseNames.set(name, lower);
  return lower;
}
