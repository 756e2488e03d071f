import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeRequestIn } from '../../../../src/http/xks/whole-request.js';

interface Parsed {
  readonly requests: readonly string[];
  readonly failure: string | undefined;
}

/** Has Node's parser read some bytes, as those of a new connection. */
async function parsedByNode(bytes: Buffer): Promise<Parsed> {
  const requests: string[] = [];
  let failure: string | undefined;
  const server = createServer(
    { requireHostHeader: false },
    (request: IncomingMessage, response) => {
      const body: Buffer[] = [];
      request.on('data', (piece: Buffer) => body.push(piece));
      request.on('end', () => {
        const text = Buffer.concat(body).toString('latin1');
        requests.push(`${request.method} ${request.url} ${response.shouldKeepAlive} ${text}`);
        response.end();
      });
    },
  );
  server.on('clientError', (error: NodeJS.ErrnoException) => {
    failure = error.code;
  });
  const socket = new Duplex({
    read: () => undefined,
    write: (_bytes, _encoding, written) => {
      written();
    },
  });
  socket.on('error', () => undefined);
  server.emit('connection', socket);
  socket.push(bytes);
  for (let turn = 0; turn < 8; turn += 1) await setImmediate();
  socket.destroy();
  return { requests, failure };
}

const name = fc.constantFrom(
  ...['Content-Length', 'content-length', 'Transfer-Encoding', 'Connection', 'Proxy-Connection'],
  ...['Keep-Alive', 'Expect', 'Upgrade', 'Host', 'X', '', ' X', 'Content-Length ', 'Trailer', 'TE'],
);
const value = fc.constantFrom(
  ...['5', '2', '0', '00005', '5, 5', '+5', '5 ', '5\t', '\t5', '', 'chunked', 'gzip, chunked'],
  ...['keep-alive', 'close', 'Keep-Alive, close', '100-continue', 'h2c', 'a', '\xff', 'a\0'],
  ...['a\nContent-Length: 2', 'a\rTransfer-Encoding: chunked', 'a\x7f', '\r\n 5', '\x0b5'],
);
const colon = fc.constantFrom(':', ': ', ':\t', ' : ', '', ': \t');
const lineEnd = fc.oneof(
  { weight: 12, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\n ', '\r\n\t', '\r\r\n') },
);
const line = fc.tuple(name, colon, value, lineEnd).map((parts) => parts.join(''));
const requestLine = fc.oneof(
  { weight: 8, arbitrary: fc.constant('POST /a HTTP/1.1\r\n') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        'POST //a?b#c HTTP/1.1\r\n',
        'POST /%00%zz HTTP/1.1\r\n',
        'POST /"<>\\^`{|} HTTP/1.1\r\n',
      ],
      ...['POST  /a HTTP/1.1\r\n', 'POST /a HTTP/1.0\r\n', 'POST /\xff HTTP/1.1\r\n'],
    ),
  },
);
const lines = fc.array(
  fc.oneof({ weight: 1, arbitrary: line }, { weight: 1, arbitrary: fc.constant('Host: a\r\n') }),
  { maxLength: 4 },
);
const body = fc.constantFrom('', '{}', '12345', '0\r\n\r\n', '2\r\n{}\r\n0\r\n\r\n', 'a\r\n\r\nb');
const request = fc
  .tuple(requestLine, lines, fc.constantFrom('Content-Length: 5\r\n', ''), lines, body)
  .map(([first, before, length, after, rest]) =>
    Buffer.from([first, ...before, length, ...after, '\r\n', rest].join(''), 'latin1'),
  );

describe('a request that is turned away without a parser', () => {
  it('is one that Node finds too, to the same end, on a connection that stays open', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(request, async (sent) => {
        const whole = wholeRequestIn(sent);
        if (whole === undefined) return;
        found += 1;
        const text = whole.bytes.toString('latin1');
        const body = text.slice(text.indexOf('\r\n\r\n') + 4);
        expect(await parsedByNode(whole.bytes)).toEqual({
          requests: [`POST ${whole.target} true ${body}`],
          failure: undefined,
        });
      }),
      { numRuns: 4_000 },
    );
    expect(found).toBeGreaterThan(100);
  });
});
