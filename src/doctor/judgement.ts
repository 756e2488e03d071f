import type { Answer } from './client/answer.js';
import type { Body } from './client/bodies.js';
import { ERROR_CODES, type ErrorName, isErrorName } from './error-codes.js';
import { demand } from './verdict.js';

/** Most of a body that a message repeats. */
const MAX_TOLD = 200;

/** Says what came, for a message. */
export function told({ status, body }: Answer): string {
  const text = body.length > MAX_TOLD ? `${body.slice(0, MAX_TOLD)}...` : body;
  return body === '' ? `${status} without a body` : `${status} ${text}`;
}

/** Writes a value of JSON for a message. */
export function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

/**
 * Expects a success with a JSON object. Content type and form are judged over all answers, in a
 * section of their own.
 *
 * @returns the object
 */
export function served(answer: Answer): Body {
  demand(answer.status === 200, `answered ${told(answer)}`);
  demand(answer.json !== undefined, `answered ${told(answer)}, which is no JSON object`);
  return answer.json;
}

/**
 * Expects one of the errors. An error without a name of the table is judged by its status, and one
 * with a wrong status by its name: the form of errors has a section of its own.
 */
export function refusedAs(answer: Answer, ...names: readonly [ErrorName, ...ErrorName[]]): void {
  const errorName = answer.json?.['errorName'];
  const statuses: readonly number[] = names.map((name) => ERROR_CODES[name]);
  const expected = `in place of ${names.join(' or ')}`;
  if (!isErrorName(errorName)) {
    demand(statuses.includes(answer.status), `answered ${told(answer)} ${expected}`);
    return;
  }
  demand(
    names.some((name) => name === errorName),
    `answered ${told(answer)} ${expected}`,
  );
}

/** Decodes a field that has to be standard, padded Base64. */
export function bytesOf(fields: Body, field: string): Buffer {
  const value = fields[field];
  demand(typeof value === 'string', `${field} is ${shown(value)}`);
  const bytes = Buffer.from(value, 'base64');
  demand(bytes.toString('base64') === value, `${field} is no standard, padded Base64: ${value}`);
  return bytes;
}

/** Makes that many bytes of the same value, in Base64. */
export function base64Of(length: number): string {
  return Buffer.alloc(length, 0x5a).toString('base64');
}

/** The same bytes with one bit of their last byte changed. @param base64 of at least one byte */
export function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
  return bytes.toString('base64');
}
