import { TOO_MANY_REQUESTS } from '../../pipeline/turn-away.js';
import { SECURITY_HEADERS } from './security-headers.js';

/**
 * The answer to a request that is turned away, as it goes on the wire. It has no date, which would
 * have to be written anew each second: RFC 9110 lets a server without a clock leave it out, and
 * nobody keeps this answer.
 */
export const TOO_MANY = Buffer.from(written(TOO_MANY_REQUESTS));

function written(body: string): string {
  const headers = SECURITY_HEADERS.flatMap((name, index) =>
    index % 2 === 0 ? `${name}: ${SECURITY_HEADERS[index + 1]}` : [],
  );
  return [
    'HTTP/1.1 429 Too Many Requests',
    'content-type: application/json',
    `content-length: ${body.length}`,
    ...headers,
    'connection: keep-alive',
    '',
    body,
  ].join('\r\n');
}
