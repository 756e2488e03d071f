import type { Duplex } from 'node:stream';
import { errorBody } from '../../xks/errors.js';
import type { Door } from './door.js';
import { MAX_HEADERS } from '../request-head.js';
import { wholeAnswer } from './whole-answer.js';
import { LINGER_MS } from './write-answer.js';

const MESSAGES: ReadonlyMap<string, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 'The request did not arrive in time.'],
  ['HPE_TOO_MANY_HEADERS', `The request has more than ${String(MAX_HEADERS)} headers.`],
  ['HPE_TOO_MANY_PIECES', 'The request came in too many pieces.'],
  // Node 26 says so of too many headers, too.
  [
    'HPE_HEADER_OVERFLOW',
    `The head of the request is too large, or has more than ${String(MAX_HEADERS)} headers.`,
  ],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'The chunk extensions of the request are too large.'],
]);

/**
 * True for the errors of Node's parser. Others happened to the connection itself (a reset, a failed
 * handshake), so that nobody is left to be answered.
 */
export function isMalformedRequest(code: string): boolean {
  return code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';
}

/**
 * A whole response for a request that Node could not parse, as it goes on the wire.
 *
 * @param code of the parser's error
 */
export function malformedRequestResponse(code: string): string {
  const body = errorBody(
    'ValidationException',
    MESSAGES.get(code) ?? 'The request is not valid HTTP/1.1.',
  );
  return wholeAnswer('400 Bad Request', body, 'close');
}

/**
 * Writes a last text and ends the connection. For a moment the client's bytes are still read and
 * thrown away: refused, they would reset the connection before the client has read the text.
 */
export function endWith(text: string, socket: Duplex, door: Door): void {
  const destroy = (): void => {
    socket.destroy();
  };
  // Node's parser has given up, and would report an error for each further piece.
  door.discardUntil(destroy);
  socket.end(text);
  const timer = setTimeout(destroy, LINGER_MS);
  socket.once('close', () => {
    clearTimeout(timer);
  });
}
