import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

const XML = { 'content-type': 'application/xml' };
const LIST =
  '<ListBucketResult><Name>BUCKET</Name><IsTruncated>false</IsTruncated><Contents><Key>OBJECT</Key>' +
  '<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"e"</ETag><Size>3</Size></Contents>' +
  '</ListBucketResult>';
const COPIED =
  '<CopyObjectResult><ETag>"e"</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified>' +
  '</CopyObjectResult>';

/** A request to a service of AWS, with all that it asks for as text. */
export interface RecordedRequest {
  /** Its action, where the protocol has one; otherwise method and path. */
  readonly action: string;
  readonly asked: Readonly<Record<string, unknown>>;
}

/** A place that takes calls to S3, EC2 and Systems Manager, does nothing, and remembers them. */
export interface RecordedAws {
  readonly endpoint: string;
  readonly requests: readonly RecordedRequest[];
}

/** Records the calls of AWS's tools for the length of a test. */
export async function recordAws(): Promise<RecordedAws> {
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const recorded = read(request, body);
      requests.push(recorded);
      answer(recorded, request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, requests };
}

function read({ headers, method = '', url = '' }: IncomingMessage, body: string): RecordedRequest {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    return { action: target, asked: JSON.parse(body) as RecordedRequest['asked'] };
  }
  const form = new URLSearchParams(body);
  const action = form.get('Action');
  if (action !== null) return { action, asked: Object.fromEntries(form) };
  return { action: `${method} ${url.replace(/&.*/, '')}`, asked: { ...headers, body } };
}

function answer(
  { action }: RecordedRequest,
  { method }: IncomingMessage,
  response: ServerResponse,
): void {
  const isJson = action.startsWith('AmazonSSM.');
  if (isJson) {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ Parameter: { Value: 'the value' }, Version: 2 }));
  } else if (!action.includes(' ')) {
    response.writeHead(200, XML).end(`<${action}Response></${action}Response>`);
  } else if (method === 'HEAD') {
    const headers = { 'content-length': '3', etag: '"e"' };
    response
      .writeHead(200, { ...headers, 'x-amz-server-side-encryption-aws-kms-key-id': 'a-key' })
      .end();
  } else if (method === 'GET') {
    response.writeHead(200, XML).end(LIST);
  } else {
    response.writeHead(200, XML).end(action === 'PUT /BUCKET/OBJECT' ? COPIED : '');
  }
}
