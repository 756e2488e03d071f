/** A condition on one field of a record. */
export interface Condition {
  /** Path of the field, with dots between its parts. */
  readonly path: string;
  /** The whole value as text; for a prefix, its beginning. */
  readonly value: string;
  /** True when more may follow. An empty prefix asks whether the field is there at all. */
  readonly prefix: boolean;
}

/** The error for a condition that cannot be read. The message says what is expected. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
}

const PREFIX_MARK = '*';
/** Halves of characters, and the character that bytes which are no UTF-8 are read as. */
const NOT_THE_SAME_IN_BYTES = /[\ud800-\udfff\ufffd]/;

/**
 * Reads `field=value`, where a star at the end stands for whatever follows.
 *
 * @throws ConditionError
 */
export function parseCondition(text: string): Condition {
  const at = text.indexOf('=');
  if (at < 1) throw new ConditionError(`"${text}" is no condition: field=value is expected`);
  return conditionOn(text.slice(0, at), text.slice(at + 1));
}

/** Makes a condition from a value as a person writes it: with a star at the end it is a prefix. */
export function conditionOn(path: string, value: string): Condition {
  const prefix = value.endsWith(PREFIX_MARK);
  return { path, value: prefix ? value.slice(0, -1) : value, prefix };
}

/** Makes the condition that a field has one value, whatever characters that has. */
export function exactly(path: string, value: string): Condition {
  return { path, value, prefix: false };
}

/** Tells whether a value is what the condition asks for. */
export function satisfies({ value: wanted, prefix }: Condition, value: string): boolean {
  return prefix ? value.startsWith(wanted) : value === wanted;
}

/**
 * Finds the text that every line with what the condition asks for has in it, unless the line has a
 * backslash: JSON spells a text in another way with backslashes alone, and the server writes
 * numbers in one way. Looking for it is many times faster than parsing.
 *
 * @returns undefined where nothing of the kind is certain
 */
export function needleOf({ value }: Condition): string | undefined {
  return value === '' || NOT_THE_SAME_IN_BYTES.test(value) ? undefined : value;
}
