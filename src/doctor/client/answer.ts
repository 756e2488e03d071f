import type { IncomingHttpHeaders } from 'node:http';
import { parsedJson } from '../../shared/parsed-json.js';

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body decoded; `undefined` where it is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  readonly tookMs: number;
  /** True where the request went over a connection that had served another one before. */
  readonly isReused: boolean;
}

/** An answer in the record of all calls. */
export interface RecordedAnswer extends Answer {
  /** Method and path of the request. */
  readonly request: string;
  /** True for POST, whose answer has to be one of the API. */
  readonly isPost: boolean;
}

/** A call that got no answer: the connection broke, or the time was over. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Decodes a body. @returns `undefined` where it is no JSON object */
export function jsonObjectOf(body: string): Readonly<Record<string, unknown>> | undefined {
  const value = parsedJson(body);
  return isObject(value) ? value : undefined;
}

/** Tells whether a value is an object with fields. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
