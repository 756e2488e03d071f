import { describe, expect, it } from 'vitest';
import {
  accountSaidIn,
  endsWithBody,
  wholeRequestIn,
} from '../../../../src/http/xks/whole-request.js';

const TARGET = '/store/kms/xks/v1/keys/key/encrypt';

function post(headers: string, body = '{}'): string {
  return `POST ${TARGET} HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;
}

const find = (text: string) => wholeRequestIn(Buffer.from(text, 'latin1'));

describe('a request that is turned away without a parser', () => {
  it('a plain POST, whole → its target and its bytes, whatever follows', () => {
    const first = post('Content-Length: 2\r\n');
    expect(find(first)).toEqual({ target: TARGET, bytes: Buffer.from(first) });
    expect(find(`${first}POST /next`)?.bytes.toString()).toBe(first);
  });

  it.each([
    ['connection: keep-alive', post('content-length:2\r\nConnection: Keep-Alive\r\n')],
    [
      'other headers with the same letters',
      post('user-agent: Upgrade: a\r\nTE: b\r\nContent-Length: 2\r\n'),
    ],
    ['no body', post('CONTENT-LENGTH: 0\r\n', '')],
  ])('%s → found', (_, text) => {
    expect(find(text)?.bytes.toString()).toBe(text);
  });

  it.each([
    ['a head that goes on', 'POST / HTTP/1.1\r\nHost: a\r\n'],
    ['a body that goes on', post('Content-Length: 3\r\n')],
    ['the rest of a head', `x: y\r\n${post('Content-Length: 2\r\n')}`],
    ['GET', post('Content-Length: 2\r\n').replace('POST', 'GET')],
    ['HTTP/1.0', post('Content-Length: 2\r\n').replace('1.1', '1.0')],
    [
      'a target in absolute form',
      post('Content-Length: 2\r\n').replace('/store', 'http://a/store'),
    ],
    ['no length', post('')],
    ['two lengths', post('Content-Length: 2\r\nContent-Length: 2\r\n')],
    ['a length and another kind of it', post('Content-Length: 2\r\ncontent-length: x\r\n')],
    ['two lengths in one', post('Content-Length: 2, 2\r\n')],
    ['a length of another kind', post('Content-Length: +2\r\n')],
    ['a length with a blank before the colon', post('Content-Length : 2\r\n')],
    ['a length and no number', post('Content-Length: 2\r\nContent-Length: \r\n')],
    ['a length and a list', post('Content-Length: 2\r\nContent-Length: 2, 2\r\n')],
    ['a length and a tab', post('Content-Length: 2\t\r\n')],
    ['a folded length', post('Content-Length: 2\r\n 3\r\n')],
    ['a folded line', post('Content-Length: 2\r\na: b\r\n\tc\r\n')],
    ['a folded first line', post('Content-Length: 2\r\n').replace('\r\n', '\r\n ')],
    ['an LF that ends a line', post('Content-Length: 2\r\na: b\nTransfer-Encoding: chunked\r\n')],
    ['a CR that ends a line', post('Content-Length: 2\r\na: b\rTransfer-Encoding: chunked\r\n')],
    ['a NUL', post('Content-Length: 2\r\na: b\0c\r\n')],
    ['a line without a name', post('Content-Length: 2\r\n: b\r\n')],
    ['a line without a colon', post('Content-Length: 2\r\nab\r\n')],
    ['a blank before a colon', post('Content-Length: 2\r\nTransfer-Encoding : chunked\r\n')],
    ['an old proxy that closes', post('Content-Length: 2\r\nProxy-Connection: close\r\n')],
    ['chunks', post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n')],
    ['a client that waits for 100', post('Content-Length: 2\r\nExpect: 100-continue\r\n')],
    ['an upgrade', post('Content-Length: 2\r\nUpgrade: h2c\r\n')],
    ['a client that closes', post('Content-Length: 2\r\nConnection: close\r\n')],
    ['several connection options', post('Content-Length: 2\r\nConnection: keep-alive, TE\r\n')],
    ['more headers than a head may have', post(`Content-Length: 2\r\n${'a: b\r\n'.repeat(70)}`)],
    ['a long head', post(`Content-Length: 2\r\na: ${'b'.repeat(5_000)}\r\n`)],
  ])('%s → left to the parser', (_, text) => {
    expect(find(text)).toBeUndefined();
  });
});

describe('bytes in which a head has ended', () => {
  it.each([
    ['its body ends with them', post('a: b\r\n', '12345'), 5, true],
    ['more follows', post('a: b\r\n', '12345'), 4, false],
    ['some is missing', post('a: b\r\n', '12345'), 6, false],
    ['the head ended before, the body has blank lines', '\na\r\n\r\nPOST /', 6, false],
    ['the head ended otherwise', 'POST / HTTP/1.1\n\n', 0, false],
  ])('%s', (_, text, length, expected) => {
    expect(endsWithBody(Buffer.from(text), length)).toBe(expected);
  });
});

describe('the account that a request says it is for', () => {
  const account = (body: string) => {
    const request = find(post(`Content-Length: ${body.length}\r\n`, body));
    return request && accountSaidIn(request);
  };
  const KEY = '"kmsKeyArn": "arn:aws:kms:eu-west-1:222233334444:key/1"';

  it.each([
    ['a role', `{"awsPrincipalArn":"arn:aws:iam::111122223333:role/r",${KEY}}`, '111122223333'],
    [
      'a service → that of the key',
      `{"awsPrincipalArn":"ec2.amazonaws.com",${KEY}}`,
      '222233334444',
    ],
    ['no principal → that of the key', `{${KEY}}`, '222233334444'],
    ['nothing', '{"a":1}', ''],
  ])('%s', (_, body, expected) => {
    expect(account(body)).toBe(expected);
  });
});
