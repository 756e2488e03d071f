import { z } from 'zod';

const text = z.string().nullish();
const parameters = z.record(z.string(), z.unknown()).nullish();

/**
 * The fields of an event that matter here, their names in small letters: CloudTrail Lake keeps some
 * of them that way, and AWS itself is not of one mind (`recipientAccountId`, `recipientAccountID`).
 *
 * @see AWS CloudTrail User Guide, "CloudTrail record contents"
 */
const eventSchema = z.object({
  eventtime: text,
  eventsource: text,
  eventname: text,
  eventtype: text,
  eventcategory: text,
  awsregion: text,
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
export type TrailEvent = z.infer<typeof eventSchema>;

/** @throws ZodError for what is no event */
export function parseTrailEvent(raw: unknown): TrailEvent {
  return eventSchema.parse(isObject(raw) ? withLowerCaseNames(raw) : raw);
}

/**
 * When it happened, in milliseconds since 1970; CloudTrail tells whole seconds.
 *
 * @throws RangeError where it does not say
 */
export function timeOf({ eventtime }: TrailEvent): number {
  // Columns of CloudTrail Lake are `2026-01-22 16:53:53.000`, in UTC.
  const iso = eventtime?.replace(/^(\S+) ([\d:.]+)$/, '$1T$2Z');
  const time = iso == null ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(time)) throw new RangeError(`an event has no time: ${String(eventtime)}`);
  return time;
}

/** The account whose trail received it. */
export function accountOf({ recipientaccountid, useridentity }: TrailEvent): string | undefined {
  return recipientaccountid ?? textOf(withLowerCaseNames(useridentity)['accountid']);
}

/** A value where it is a text with something in it. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Whether something is an object with named fields. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of an object, their names in small letters. */
export function withLowerCaseNames(
  value: Readonly<Record<string, unknown>> | null | undefined,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const name in value) {
    // Assigned, it would be no field.
    if (name !== '__proto__') fields[lowerCase(name)] = value[name];
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
