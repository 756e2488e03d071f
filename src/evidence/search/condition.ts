/** What one field of a record must be. */
export interface Condition {
  /** Path of the field, with dots between its parts. */
  readonly path: string;
  /** The whole value as text; for a prefix, its beginning. */
  readonly value: string;
  /** Whether the value may go on. An empty prefix asks whether the field is there at all. */
  readonly prefix: boolean;
}

/** A condition that cannot be read. The message says what is expected. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
}

const PREFIX_MARK = '*';
/** What could stand in the log in another spelling: JSON allows 200, 2e2 and 200.0. */
const IN_NUMBERS_ALONE = /^[-+.0-9eE]*$/;
/** What bytes that are no UTF-8 turn into, and halves of characters. */
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

/** A condition on a field, from the value as a person writes it: with a star at the end it is a prefix. */
export function conditionOn(path: string, value: string): Condition {
  const prefix = value.endsWith(PREFIX_MARK);
  return { path, value: prefix ? value.slice(0, -1) : value, prefix };
}

/** Whether a value is what the condition asks for. */
export function satisfies({ value: wanted, prefix }: Condition, value: string): boolean {
  return prefix ? value.startsWith(wanted) : value === wanted;
}

/**
 * Text that every line with what the condition asks for has in it, unless the line has a backslash:
 * JSON spells a text in another way with backslashes alone. Looking for it is many times faster than
 * parsing.
 *
 * @returns undefined where nothing of the kind is certain
 */
export function needleOf({ value, prefix }: Condition): string | undefined {
  if (value === '' || NOT_THE_SAME_IN_BYTES.test(value)) return undefined;
  const maybeNumber = prefix ? IN_NUMBERS_ALONE.test(value) : !Number.isNaN(Number(value));
  return maybeNumber ? undefined : value;
}
