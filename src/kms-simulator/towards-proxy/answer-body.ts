import type { RawAnswer } from './proxy-connections.js';
import { XKS_ERROR_NAMES, type XksErrorName, XksFailure } from './xks-failure.js';

const OK = 200;
const FIRST_ERROR = 400;
const MAX_MESSAGE_CHARACTERS = 511;
const PRINTABLE = /^[\x20-\x7e]*$/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the body of an answer with success.
 *
 * @throws XksFailure for an error of the proxy, and for what is no answer
 * @see XKS Proxy API, "Error codes"
 */
export function fieldsOf(answer: RawAnswer): Fields {
  const fields = jsonOf(answer);
  if (answer.status === OK) return fields;
  if (answer.status < FIRST_ERROR) throw malformed(`status ${answer.status}`);
  const { errorName } = fields;
  if (!isErrorName(errorName)) throw malformed(`errorName is ${shown(errorName)}`);
  const errorMessage = messageOf(fields['errorMessage']);
  throw new XksFailure(errorName, errorMessage);
}

/** An answer that is not as the specification has it. */
export function malformed(detail: string): XksFailure {
  return new XksFailure('malformed', detail);
}

function jsonOf({ status, contentType, body }: RawAnswer): Fields {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw malformed(`status ${status} with Content-Type ${shown(contentType)}`);
  }
  const text = textOf(body);
  // KMS reads one line. A line end after it is no second one.
  if (/[\r\n]/.test(text.replace(/\r?\n$/, ''))) throw malformed('the JSON has several lines');
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw malformed('the JSON is no object');
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (cause) {
    throw new XksFailure('malformed', 'the body is no UTF-8', { cause });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new XksFailure('malformed', 'the body is no JSON', { cause });
  }
}

function isErrorName(name: unknown): name is XksErrorName {
  return XKS_ERROR_NAMES.some((known) => known === name);
}

function messageOf(message: unknown): string {
  if (message === undefined) return '';
  const isText = typeof message === 'string' && message.length <= MAX_MESSAGE_CHARACTERS;
  if (isText && PRINTABLE.test(message)) return message;
  throw malformed('errorMessage is not under 512 printable ASCII characters');
}

/** A text of the proxy, short enough for a log. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : `of type ${typeof value}`;
}
