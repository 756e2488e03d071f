import { z } from 'zod';
import { KmsException } from '../exceptions.js';

/** The shapes of KMS's inputs. @see AWS KMS API Reference, the constraints of each parameter */

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_PAIRS = 1_000;

/** A string of a length in characters. */
export function text(min: number, max: number) {
  return z.string().min(min).max(max);
}

/** Bytes, which come in Base64. Lengths are in bytes. */
export function blob(min: number, max: number) {
  return z.string().transform((value, { issues }): Buffer => {
    const bytes = Buffer.from(value, 'base64');
    const issue = { input: undefined, origin: 'string', inclusive: true } as const;
    if (!BASE64.test(value)) issues.push({ ...issue, code: 'invalid_format', format: 'base64' });
    else if (bytes.length < min) issues.push({ ...issue, code: 'too_small', minimum: min });
    else if (bytes.length > max) issues.push({ ...issue, code: 'too_big', maximum: max });
    return bytes;
  });
}

/** A whole number. */
export function whole(min: number, max: number) {
  return z.int().min(min).max(max);
}

export const keyId = text(1, 2048);
export const limit = whole(1, 1000).optional();
export const marker = text(1, 1024)
  .regex(/^[\u0020-\u00ff]*$/)
  .optional();
export const grantTokens = z.array(text(1, 8192)).max(10).optional();
export const dryRun = z.boolean().optional();
export const algorithm = z
  .enum(['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'])
  .default('SYMMETRIC_DEFAULT');
/** Pairs of texts. A record of zod would leave out the pair `__proto__`, and not bind it. */
export const pairs = z
  .unknown()
  .transform((value, { issues }): Readonly<Record<string, string>> => {
    if (isPairs(value)) return value;
    issues.push({ input: value, code: 'invalid_type', expected: 'record' });
    return z.NEVER;
  });
export const encryptionContext = pairs
  .refine((context) => Object.keys(context).length <= MAX_PAIRS)
  .default({});
export const principal = text(1, 256).regex(/^[\w+=,.@:/-]+$/);
export const tag = z.object({ TagKey: text(1, 128), TagValue: text(0, 256) });
export const recipient = z.object({}).optional();

/**
 * Reads an input.
 *
 * @throws KmsException: SerializationException for a wrong type, ValidationException for a wrong
 *   value, with all of them in one message, as KMS has it
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(withoutNulls(input), { reportInput: true });
  if (result.success) return result.data;
  const { issues } = result.error;
  const problems = issues.map((issue) => problemOf(issue));
  if (problems.includes(undefined)) throw new KmsException('SerializationException', '');
  const count = `${String(problems.length)} validation error${problems.length === 1 ? '' : 's'}`;
  throw new KmsException('ValidationException', `${count} detected: ${problems.join('; ')}`);
}

function isPairs(value: unknown): value is Readonly<Record<string, string>> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && Object.values(value).every((member) => typeof member === 'string');
}

/** A member that is null is one that is absent. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(entries.map(([name, member]) => [name, withoutNulls(member)]));
}

/** @returns undefined where the input has another type than the shape */
function problemOf(issue: z.core.$ZodIssue): string | undefined {
  const constraint = constraintOf(issue);
  if (constraint === undefined) return undefined;
  const value =
    issue.input === undefined ? (isMissing(issue) ? ' null' : '') : ` '${shown(issue.input)}'`;
  return `Value${value} at '${placeOf(issue.path)}' failed to satisfy constraint: ${constraint}`;
}

function constraintOf(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue) ? 'Member must not be null' : undefined;
    case 'too_small': {
      const least = `greater than or equal to ${String(issue.minimum)}`;
      return `Member must have ${measureOf(issue.origin)} ${least}`;
    }
    case 'too_big': {
      const most = `less than or equal to ${String(issue.maximum)}`;
      return `Member must have ${measureOf(issue.origin)} ${most}`;
    }
    case 'invalid_value':
      return isMissing(issue)
        ? 'Member must not be null'
        : `Member must satisfy enum value set: [${issue.values.join(', ')}]`;
    case 'invalid_format':
      if (issue.format === 'base64') return undefined;
      return `Member must satisfy regular expression pattern: ${issue.pattern ?? ''}`;
    default:
      return 'Member must be valid';
  }
}

function measureOf(origin: string): string {
  return origin === 'string' || origin === 'array' ? 'length' : 'value';
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  const isOfType = issue.code === 'invalid_type' || issue.code === 'invalid_value';
  return isOfType && issue.input === undefined;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `Tags[0].TagKey` is `tags.1.member.tagKey`. */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((step) => {
      if (typeof step === 'number') return `${String(step + 1)}.member`;
      const name = String(step);
      return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    })
    .join('.');
}
