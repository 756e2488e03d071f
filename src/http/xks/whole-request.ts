import { accountIn } from '../../shared/arn.js';
import { MAX_HEADERS } from '../request-head.js';

const HEAD_END = Buffer.from('\r\n\r\n');
/** Longer heads are left to Node's parser. */
const MAX_HEAD_BYTES = 4_096;
const REQUEST_LINE = /^POST (?<target>\/[\x21-\x7e]*) HTTP\/1\.1\r\n/;
const LENGTH = /\r\ncontent-length:[ \t]*(?<length>\d{1,9})[ \t]*(?=\r\n)/gi;
/** Anything but a plain request on a connection that stays open. */
const PECULIAR = /\r\n(?:transfer-encoding|expect|upgrade|trailer)[ \t]*:/i;
const CONNECTION = /\r\nconnection[ \t]*:(?![ \t]*keep-alive\r\n)/i;
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
  const head = received.toString('latin1', 0, headEnd + 2);
  const target = REQUEST_LINE.exec(head)?.groups?.['target'];
  if (target === undefined || PECULIAR.test(head) || CONNECTION.test(head)) return undefined;
  const lengths = [...head.matchAll(LENGTH)];
  const [only] = lengths;
  if (only === undefined || lengths.length > 1 || countLines(head) > MAX_HEADERS) return undefined;
  const end = headEnd + HEAD_END.byteLength + Number(only.groups?.['length']);
  return end > received.byteLength ? undefined : { target, bytes: received.subarray(0, end) };
}

/**
 * Tells whether bytes, in which Node's parser has found the end of one head, end with its body.
 *
 * @param length of the body, as that head declares it
 */
export function endsWithBody(bytes: Buffer, length: number): boolean {
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

function countLines(head: string): number {
  let lines = 0;
  for (let at = head.indexOf('\n'); at >= 0; at = head.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
