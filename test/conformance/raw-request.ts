import type { XksClient } from '../support/xks-client.js';
import { healthBody, signedHeaders } from '../support/xks-requests.js';

/** How the bytes of a request differ from those of a well-formed, well-signed one. */
export interface RawRequest {
  readonly method?: string;
  /** What the request line says; the signature is for the true path. */
  readonly target?: string;
  readonly version?: string;
  /** Lines before the signed headers, and after them. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** Names of signed headers to leave out. */
  readonly without?: readonly string[];
  readonly body?: string;
  /** What follows the head; default the body that was signed. */
  readonly sentBody?: string | Buffer;
  readonly lineEnd?: string;
}

/** The bytes of a GetHealthStatus request, as a client that means ill would write them. */
export function rawRequest(client: XksClient, uriPath: string, raw: RawRequest = {}): Buffer {
  const path = `${uriPath}/health`;
  const body = raw.body ?? JSON.stringify(healthBody());
  const { host, credential } = client;
  const signed = Object.entries(signedHeaders({ host, credential, path, body }))
    .filter(([name]) => raw.without?.includes(name.toLowerCase()) !== true)
    .map(([name, value]) => `${name}: ${value}`);
  const requestLine = `${raw.method ?? 'POST'} ${raw.target ?? path} ${raw.version ?? 'HTTP/1.1'}`;
  const lines = [requestLine, ...(raw.before ?? []), ...signed, ...(raw.after ?? []), '', ''];
  const head = Buffer.from(lines.join(raw.lineEnd ?? '\r\n'), 'latin1');
  return Buffer.concat([head, Buffer.from(raw.sentBody ?? body)]);
}

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Splits what a server sent into answers, by their declared lengths. */
export function answersIn(received: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = received;
  for (;;) {
    const head = /^HTTP\/1\.1 (\d{3}) [\s\S]*?\r\n\r\n/.exec(rest);
    if (head === null) break;
    const [text, status] = head;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
    const body = rest.slice(text.length, text.length + length);
    answers.push({ status: Number(status), head: text, body });
    rest = rest.slice(text.length + length);
  }
  if (rest !== '') throw new Error(`no HTTP: ${rest}`);
  return answers;
}
