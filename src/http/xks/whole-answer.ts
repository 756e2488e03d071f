import { SECURITY_HEADERS } from './security-headers.js';

const SECURITY_LINES = SECURITY_HEADERS.flatMap((name, index) =>
  index % 2 === 0 ? `${name}: ${SECURITY_HEADERS[index + 1]}` : [],
);

/**
 * Writes an answer as it goes on the wire where Node writes none. It has no date: RFC 9110 lets a
 * server without a clock leave it out, and nobody keeps these answers.
 *
 * @param status code and reason, such as `400 Bad Request`
 * @param body JSON in ASCII
 */
export function wholeAnswer(
  status: string,
  body: string,
  connection: 'close' | 'keep-alive',
): string {
  return [
    `HTTP/1.1 ${status}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    ...SECURITY_LINES,
    `connection: ${connection}`,
    '',
    body,
  ].join('\r\n');
}
