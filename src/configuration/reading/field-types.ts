import { z } from 'zod';
import { Secret } from '../../shared/secret.js';

/** Node's timers take no more: 2^31 − 1 ms, about 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Bounds of a whole number, both allowed values themselves. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Text of a given form. What is allowed is said once and serves the error report, the reference
 * in docs/ and editors (`errorMessage` is a word of theirs).
 *
 * @param pattern anchored at both ends
 * @param allowed completes the sentence "allowed: …"
 */
export function textField(pattern: RegExp, allowed: string) {
  return z
    .string({ error: allowed })
    .regex(pattern, { error: allowed })
    .meta({ errorMessage: allowed });
}

/** One of a few words. */
export function choiceField<const Choices extends readonly string[]>(choices: Choices) {
  const allowed = `one of ${choices.join(', ')}`;
  return z.enum(choices, { error: allowed }).meta({ errorMessage: allowed });
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A time that cannot be misunderstood; comes out in ms since 1970. */
export function timeField() {
  const allowed = 'a time with its offset from UTC, or a day of UTC: 2026-01-01T08:00Z, 2026-01-01';
  return textField(TIME, allowed)
    .transform((text) => Date.parse(text))
    .refine((time) => !Number.isNaN(time), { error: allowed })
    .meta({ errorMessage: allowed });
}

/** The place of a node, for an auditor. */
export function locationField() {
  const allowed = 'a place, 1 to 64 characters without control characters';
  return textField(/^[^\p{Cc}]{1,64}$/u, allowed)
    .default('local')
    .describe('The country or data centre that an auditor asks for.');
}

/** A name that an operator chooses; shown in logs, metrics and answers. */
export function nameField() {
  return textField(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/,
    'a name: 1 to 64 letters, digits, dots, colons, hyphens and underscores, a letter or digit first',
  );
}

/** An address or a host name to listen on. */
export function hostField() {
  return textField(/^[A-Za-z0-9.:_-]{1,253}$/, 'an IP address or a host name');
}

/** A fully qualified DNS name. One that ends in digits alone would be an IPv4 address. */
export function dnsNameField() {
  return textField(
    /^(?=.{1,253}$)(?!(.*\.)?[0-9]+$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/,
    'a DNS name and no IP address: letters, digits, hyphens and dots',
  );
}

/** A path of a file or folder. Comes out absolute: relative ones start at the state directory. */
export function pathField() {
  return textField(/^[^\0]+$/, 'a path, not empty').meta({ format: 'path' });
}

/** A TCP port; 0 lets the system choose a free one. */
export function portField() {
  return wholeNumber({ min: 0, max: 65_535 }, 'a port');
}

/** A duration in milliseconds. */
export function millisecondsField({ min, max }: Bounds = { min: 0, max: MAX_TIMER_MS }) {
  return wholeNumber({ min, max }, 'milliseconds');
}

/** A size in bytes. */
export function bytesField(bounds: Bounds) {
  return wholeNumber(bounds, 'bytes');
}

/** A whole number within bounds. */
export function countField(bounds: Bounds) {
  return wholeNumber(bounds, 'a count');
}

/** `true` or `false`. */
export function flagField() {
  const allowed = 'true or false';
  return z.boolean({ error: allowed }).meta({ errorMessage: allowed });
}

/** A list with at least one entry. */
export function listField<Item extends z.ZodType>(item: Item, allowed: string) {
  return z
    .array(item, { error: allowed })
    .min(1, { error: allowed })
    .meta({ errorMessage: allowed });
}

/**
 * Text that must not be seen; comes out as a {@link Secret}. Errors tell its length alone.
 *
 * @param pattern anchored at both ends
 * @param allowed completes the sentence "allowed: …"
 */
export function secretField(pattern: RegExp, allowed: string) {
  return textField(pattern, allowed)
    .transform((text) => new Secret(text))
    .meta({ errorMessage: allowed, writeOnly: true });
}

function wholeNumber({ min, max }: Bounds, what: string) {
  const allowed = `${what}: a whole number from ${min} to ${max}`;
  return z
    .int({ error: allowed })
    .min(min, { error: allowed })
    .max(max, { error: allowed })
    .meta({ errorMessage: allowed });
}
