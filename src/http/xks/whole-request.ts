import { accountIn } from '../../shared/arn.js';
import { MAX_HEADERS } from '../request-head.js';

const LINE_END = '\r\n';
const HEAD_END = Buffer.from(LINE_END + LINE_END);
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
/** Longer heads are left to Node's parser. */
const MAX_HEAD_BYTES = 4_096;
/**
 * A head of which every parser on the way reads the same lines: none is folded, no CR, LF or NUL
 * stands by itself. After any other, what seems a body to one may be a request to another.
 *
 * @see RFC 9112, sections 2.2, 5.1 and 5.2
 */
const PLAIN_HEAD =
  /^POST (?<target>\/[\x21-\x7e]*) HTTP\/1\.1\r\n(?:[\w!#$%&'*+.^`|~-]+:[\t -~\x80-\xff]*\r\n)*$/;
/** First letters of the headers that matter here, in lower case: most have another. */
const LETTERS: ReadonlySet<number> = new Set(Buffer.from('ceput'));
const LOWER_CASE = 0x20;
const LENGTH = /^content-length(?<said>.*)$/is;
const PLAIN_LENGTH = /^:[ \t]*(?<bytes>\d{1,9}) *$/;
/** Anything but a plain request on a connection that stays open. */
const PECULIAR =
  /^(?:transfer-encoding|expect|upgrade|trailer|proxy-connection):|^connection:(?![ \t]*keep-alive$)/i;
const PRINCIPAL = Buffer.from('"awsPrincipalArn"');
const KEY_ARN = Buffer.from('"kmsKeyArn"');
const MAX_ARN_BYTES = 300;
const STRING_VALUE = /^[ \t\r\n]*:[ \t\r\n]*"(?<text>[^"\\]*)"/;

/** A request whose bytes have all arrived, read as far as it takes to turn it away. */
export interface WholeRequest {
  readonly target: string;
  /** Of its head and its body. */
  readonly bytes: Buffer;
}

/**
 * Finds the request at the beginning of what a connection has sent. Takes a plain POST that has
 * arrived whole; all else is a matter for Node's parser.
 *
 * @returns undefined for anything else
 */
export function wholeRequestIn(received: Buffer): WholeRequest | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0 || headEnd > MAX_HEAD_BYTES) return undefined;
  const head = received.toString('latin1', 0, headEnd + LINE_END.length);
  const target = PLAIN_HEAD.exec(head)?.groups?.['target'];
  if (target === undefined) return undefined;
  const length = lengthIn(head);
  if (length === undefined) return undefined;
  const end = headEnd + HEAD_END.byteLength + length;
  return end > received.byteLength ? undefined : { target, bytes: received.subarray(0, end) };
}

/**
 * Reads the length of the body from the lines of a head. Looks at few of them: all of this is done
 * for each request that is turned away, when there is no time for it.
 *
 * @returns undefined for a head that is not plain
 */
function lengthIn(head: string): number | undefined {
  let length: number | undefined;
  let lines = 0;
  let start = 0;
  for (let end = head.indexOf(LINE_END); end >= 0; end = head.indexOf(LINE_END, start)) {
    const line = head.slice(start, end);
    start = end + LINE_END.length;
    lines += 1;
    if (!LETTERS.has(line.charCodeAt(0) | LOWER_CASE)) continue;
    if (PECULIAR.test(line)) return undefined;
    const said = LENGTH.exec(line)?.groups?.['said'];
    if (said === undefined) continue;
    const bytes = PLAIN_LENGTH.exec(said)?.groups?.['bytes'];
    if (length !== undefined || bytes === undefined) return undefined;
    length = Number(bytes);
  }
  return lines > MAX_HEADERS ? undefined : length;
}

/**
 * Tells whether bytes, in which Node's parser has found the end of one head, end with its body.
 *
 * @param length of the body, as that head declares it
 */
export function endsWithBody(bytes: Buffer, length: number): boolean {
  // With the rest of the head's end in front, the first one to be found would be in the body.
  if (bytes[0] === CARRIAGE_RETURN || bytes[0] === LINE_FEED) return false;
  const headEnd = bytes.indexOf(HEAD_END);
  return headEnd >= 0 && headEnd + HEAD_END.byteLength + length === bytes.byteLength;
}

/**
 * Reads the account that a request says that it is for, as the pipeline does: the principal's, else
 * that of the KMS key. Nobody has proven it: it only decides who is turned away.
 */
export function accountSaidIn({ bytes }: WholeRequest): string {
  return accountIn(stringAfter(PRINCIPAL, bytes)) ?? accountIn(stringAfter(KEY_ARN, bytes)) ?? '';
}

function stringAfter(name: Buffer, bytes: Buffer): string | undefined {
  const at = bytes.indexOf(name);
  if (at < 0) return undefined;
  const start = at + name.byteLength;
  return STRING_VALUE.exec(bytes.toString('latin1', start, start + MAX_ARN_BYTES))?.groups?.[
    'text'
  ];
}
