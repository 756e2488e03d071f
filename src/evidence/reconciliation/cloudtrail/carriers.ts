import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { MAX_CHARACTERS } from './bounds.js';
import { InputProblem } from './input-problem.js';
import { parseObject } from './json-documents.js';
import { isObject, withLowerCaseNames } from './trail-event.js';

/** Column of CloudTrail Lake, and field of its rows, that holds the whole event. */
export const EVENT_JSON = 'eventjson';

const CONTROL_MESSAGE = 'CWL CONTROL MESSAGE';
const VIA_CLOUDTRAIL = ' via CloudTrail';

const envelopeSchema = z.strictObject({
  version: z.literal('0'),
  id: z.string(),
  'detail-type': z.string(),
  source: z.string(),
  account: z.string(),
  time: z.string(),
  region: z.string(),
  resources: z.array(z.unknown()),
  detail: z.record(z.string(), z.unknown()),
  'replay-name': z.string().optional(),
});

/**
 * Reads an event as it stands in an array or a line, or the one in EventBridge's envelope.
 *
 * @returns `undefined` for an envelope with an event that is not CloudTrail's
 * @see Amazon EventBridge User Guide, "AWS service events delivered via AWS CloudTrail"
 */
export function eventOrEnvelope(value: unknown): unknown {
  if (!isObject(value) || !Object.hasOwn(value, 'detail-type')) return value;
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) throw new InputProblem(`is no EventBridge event: ${problemOf(envelope)}`);
  const { detail } = envelope.data;
  return envelope.data['detail-type'].endsWith(VIA_CLOUDTRAIL) ? detail : undefined;
}

/** Reads the event in an element of the answer of LookupEvents. */
export function lookedUp(element: unknown): unknown {
  return parseObject(textIn(element, 'CloudTrailEvent', 'lookup-events'));
}

/** Reads the event in a row of query results: a list of objects with a column each. */
export function queriedRow(row: unknown): unknown {
  const columns = Array.isArray(row) ? row : [row];
  const texts = columns
    .flatMap((column) => (isObject(column) ? [withLowerCaseNames(column)[EVENT_JSON]] : []))
    .filter((value) => value !== undefined);
  const [text, ...others] = texts;
  if (typeof text === 'string' && others.length === 0) return parseObject(text);
  throw new InputProblem('is no row with an eventJson: the query of Lake has to select it');
}

/** Reads the event in an element of the answer of FilterLogEvents, or of a subscription's data. */
export function logged(element: unknown): unknown {
  return eventInMessage(textIn(element, 'message', 'CloudWatch Logs'));
}

/**
 * Reads the event in a message of CloudWatch Logs, which CloudTrail or EventBridge has sent there.
 *
 * @returns `undefined` for what is sent in order to try out a destination, and as
 *   {@link eventOrEnvelope}
 */
export function eventInMessage(message: string): unknown {
  return message.startsWith(CONTROL_MESSAGE) ? undefined : eventOrEnvelope(parseObject(message));
}

/** Unpacks the document that a Lambda function gets from a subscription: gzip in base64. */
export function subscribedDocument(document: unknown): string | undefined {
  const awslogs = isObject(document) ? document['awslogs'] : undefined;
  const data = isObject(awslogs) ? awslogs['data'] : undefined;
  if (typeof data !== 'string') return undefined;
  try {
    const bytes = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MAX_CHARACTERS });
    return bytes.toString('utf8');
  } catch (cause) {
    throw new InputProblem('has awslogs.data that is no gzip in base64, or too large', { cause });
  }
}

/** Names the first problem that a schema has found. */
export function problemOf({ error }: { readonly error: z.ZodError }): string {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  return path === '' ? (issue?.message ?? '') : `${path}: ${issue?.message ?? ''}`;
}

function textIn(element: unknown, field: string, from: string): string {
  const text = isObject(element) ? element[field] : undefined;
  if (typeof text === 'string') return text;
  throw new InputProblem(`is nothing that ${from} gives: it has no ${field}`);
}
