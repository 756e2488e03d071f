import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Behaviour, type ModelAnswer, ModelError, type ModelRequest } from './behaviour.js';
import { MODEL_CREDENTIAL } from './correct.js';
import { signatureOf, signatureParts } from './signature.js';
import { asFields, type Fields } from './validation.js';

/** A model that listens. */
export interface ServedModel {
  readonly server: Server;
  readonly port: number;
  /** Method and path of each request, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Serves a behaviour over TLS on a free port of 127.0.0.1. */
export async function serveModel(behaviour: Behaviour, tls: ServerOptions): Promise<ServedModel> {
  const requests: string[] = [];
  const server = createServer(tls, (incoming, response) => {
    requests.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    void answer(behaviour, incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  behaviour: Behaviour,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await read(incoming);
  const target = behaviour.targetOf(request.path);
  const { status, headers, body } = behaviour.finish(
    await handle(behaviour, request).catch(failed),
    target,
  );
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

async function read(incoming: IncomingMessage): Promise<ModelRequest> {
  const { rawHeaders, method = '', url: path = '' } = incoming;
  const headers: Record<string, string> = {};
  const authorizations: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    headers[name] ??= value;
    if (name === 'authorization') authorizations.push(value);
  }
  return { method, path, headers, authorizations, body: await buffer(incoming) };
}

function failed(error: unknown): ModelAnswer {
  const { errorName, status } =
    error instanceof ModelError ? error : { errorName: 'InternalException', status: 500 };
  return json(status, { errorName, errorMessage: 'It was refused.' });
}

function json(status: number, body: object): ModelAnswer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

async function handle(behaviour: Behaviour, request: ModelRequest): Promise<ModelAnswer> {
  const target = behaviour.targetOf(request.path);
  if (target === undefined) throw new ModelError('InvalidUriPathException', 404);
  if (request.method !== 'POST') {
    return { status: behaviour.methodNotAllowed(target), headers: { Allow: 'POST' }, body: '' };
  }
  if (behaviour.isAuthenticating(target) && !isAuthentic(behaviour, request)) {
    throw new ModelError('AuthenticationFailedException', 401);
  }
  if (request.body.length > behaviour.maxBodyBytes) {
    throw new ModelError('UnsupportedOperationException', 501);
  }
  const { operation, keyId } = target;
  const fields = fieldsOf(request.body);
  const faults = fields === undefined ? ['body'] : behaviour.faultsOf(operation, fields);
  if (fields === undefined || faults.length > 0) throw behaviour.faultError(operation, faults);
  if (operation === 'health') return json(200, behaviour.health(fields));
  const key = behaviour.keyOf(keyId);
  if (key === undefined) throw new ModelError('KeyNotFoundException', 404);
  if (operation === 'metadata') return json(200, behaviour.metadataOf(key));
  if (!key.isEnabled) throw new ModelError('InvalidStateException', 400);
  return json(200, await behaviour[operation](key, fields));
}

function fieldsOf(body: Buffer): Fields | undefined {
  try {
    return asFields(JSON.parse(body.toString()));
  } catch {
    return undefined;
  }
}

function isAuthentic(behaviour: Behaviour, request: ModelRequest): boolean {
  const parts = signatureParts(behaviour.authorizationOf(request));
  if (parts?.accessKeyId !== MODEL_CREDENTIAL.accessKeyId) return false;
  const { signedHeaders, scope, signature } = parts;
  if (!behaviour.requiredHeaders.every((name) => signedHeaders.includes(name))) return false;
  const date = request.headers['x-amz-date'] ?? '';
  if (!date.startsWith(scope[0] ?? '-')) return false;
  if (Math.abs(Date.now() - timeOf(date)) > behaviour.maxAgeMs) return false;
  const computed = signatureOf(request, parts, {
    secret: MODEL_CREDENTIAL.secretAccessKey,
    service: behaviour.serviceOf(scope),
    bodyHash: behaviour.bodyHashOf(request),
    headers: { ...request.headers, host: behaviour.hostOf(request) },
  });
  return behaviour.isSignature(signature, computed);
}

/** The time of `20260101T000000Z`. */
function timeOf(date: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
