import aws4 from 'aws4';
import { request } from 'undici';
import { ALICE, REGION } from './simulator-process.js';

/** An answer of the simulator, as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Differences from an honest request. */
export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** A header that is sent and not signed, in small letters. */
  readonly unsigned?: string;
  /** Default: `TrentService.ListKeys`; undefined for none. */
  readonly target?: string | undefined;
  readonly body?: string | Buffer;
  /** Added to the signed request, or in place of its own; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Sends a request that Alice has signed, whatever it says. */
export async function sendSigned(endpoint: string, raw: RawRequest): Promise<RawAnswer> {
  const { method = 'POST', path = '/', body = '{}', unsigned } = raw;
  const target = 'target' in raw ? raw.target : 'TrentService.ListKeys';
  const signed = aws4.sign(
    {
      service: 'kms',
      region: REGION,
      host: new URL(endpoint).host,
      method,
      path,
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        ...(target === undefined ? {} : { 'X-Amz-Target': target }),
      },
      body,
      ...(unsigned === undefined ? {} : { extraHeadersToIgnore: { [unsigned]: true } }),
    },
    { ...ALICE },
  );
  const entries = Object.entries({ ...signed.headers, ...raw.headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  const headers = Object.fromEntries(entries);
  const answer = await request(new URL(path, endpoint), {
    method: method as 'POST',
    headers,
    body: method === 'GET' ? null : body,
  });
  const { statusCode: status } = answer;
  return { status, headers: answer.headers, text: await answer.body.text() };
}

/** Calls an operation with an input, whatever it is. */
export function sendInput(endpoint: string, operation: string, input: unknown): Promise<RawAnswer> {
  return sendSigned(endpoint, { target: `TrentService.${operation}`, body: JSON.stringify(input) });
}
