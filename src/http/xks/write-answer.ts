import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../../pipeline/call.js';
import type { Door } from './door.js';
import { type HeaderList, SECURITY_HEADERS } from './security-headers.js';

/**
 * Longest time for which unwanted bytes are still read before a connection is closed.
 * Closing a socket with unread bytes resets the connection, and then the client may lose the
 * answer that says what was wrong.
 */
export const LINGER_MS = 1_000;
const NO_HEADERS: HeaderList = [];

/**
 * Writes an answer. A connection whose request was not read to its end is closed afterwards,
 * because what follows on it cannot be told from that request's body.
 */
export function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  door: Door,
): void {
  if (response.destroyed) return;
  if (!request.complete) response.shouldKeepAlive = false;
  response.writeHead(answer.status, headersOf(answer));
  if (request.complete) {
    response.end(answer.body);
  } else {
    response.write(answer.body);
    endAfterTheRest(request, response, door);
  }
}

function headersOf({ body, headers = NO_HEADERS }: Answer): string[] {
  const list = [...SECURITY_HEADERS, ...headers, 'content-length', String(Buffer.byteLength(body))];
  if (body !== '') list.push('content-type', 'application/json');
  return list;
}

function endAfterTheRest(request: IncomingMessage, response: ServerResponse, door: Door): void {
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once('close', end);
  door.discardUntil(end);
}
