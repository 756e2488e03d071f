import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { issueCertificate, makeCertificateAuthority } from '../certificates.js';

type Fields = Readonly<Record<string, unknown>>;

/** A request as the proxy got it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they came, in order. */
  readonly rawHeaders: readonly string[];
  readonly text: string;
  readonly body: Fields & { readonly requestMetadata: Fields };
}

/** A lie in place of the honest answer; it writes to the response itself, or returns fields. */
export type Lie = (
  honest: Record<string, unknown>,
  request: SeenRequest,
  response: ServerResponse,
) => Fields | undefined | Promise<Fields | undefined>;

/** A small XKS proxy that does not check signatures, and lies where it is told to. */
export interface SmallProxy {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  /** Its own certificate and private key, PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly requests: SeenRequest[];
  /** By the last part of the path: `health`, `metadata`, `encrypt`, `decrypt`. */
  lie(operation: string, lie: Lie | undefined): void;
  /** Ends it before the test ends. */
  close(): Promise<void>;
}

/** The name in the proxy's certificate. */
export const PROXY_HOST = 'xks.example.com';

/** An error of the specification, as a lie. */
export function answering(status: number, errorName: string, errorMessage = 'said the proxy'): Lie {
  return (_honest, _request, response) => {
    const text = JSON.stringify({ errorName, errorMessage });
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
    return undefined;
  };
}

/** Health of key managers none of which can serve. */
export const allUnavailable: Lie = (honest) => ({
  ...honest,
  ekmFleetDetails: ['1', '2'].map((id) => ({ id, model: 'm', healthStatus: 'UNAVAILABLE' })),
});

/** The operations of KMS that requests came of, in order. */
export function operationsOf({ requests }: SmallProxy): readonly unknown[] {
  return requests.map(({ body }) => body.requestMetadata['kmsOperation']);
}

/** The cryptography of a small proxy. */
export interface SmallCipher {
  readonly key: Buffer;
  readonly metadata: Buffer;
  /** Makes the AAD of the cipher of the request's, which may be absent. */
  readonly bind: (aad: Buffer | undefined, metadata: Buffer) => Buffer;
}

/** Starts a small proxy for the length of a test. @param expiresInDays of its certificate */
export async function startSmallProxy({
  expiresInDays = 365,
  cipher = ownCipher(),
}: {
  readonly expiresInDays?: number;
  readonly cipher?: SmallCipher;
} = {}): Promise<SmallProxy> {
  const authority = await makeCertificateAuthority();
  const { certificate, privateKey } = await issueCertificate(authority, {
    commonName: PROXY_HOST,
    dnsNames: [PROXY_HOST],
    notAfter: new Date(Date.now() + expiresInDays * 86_400_000 + 3_600_000),
  });
  const requests: SeenRequest[] = [];
  const lies = new Map<string, Lie>();
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen = await readRequest(request);
    requests.push(seen);
    const operation = seen.path.split('/').at(-1) ?? '';
    const honest = honestAnswer(operation, seen.body, cipher);
    const lie = lies.get(operation) ?? (honest === undefined ? REFUSAL : undefined);
    const fields = lie === undefined ? honest : await lie(honest ?? {}, seen, response);
    if (fields === undefined) return;
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(fields));
  };
  const port = await listen(server);
  return {
    host: PROXY_HOST,
    port,
    ca: authority.certificate,
    certificate,
    privateKey,
    requests,
    lie: (operation, lie) => {
      if (lie === undefined) lies.delete(operation);
      else lies.set(operation, lie);
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function ownCipher(): SmallCipher {
  return {
    key: randomBytes(32),
    metadata: Buffer.from('v1'),
    bind: (aad = Buffer.alloc(0), metadata) => Buffer.concat([aad, metadata]),
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const text = (await buffer(request)).toString();
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    text,
    body: JSON.parse(text) as SeenRequest['body'],
  };
}

const REFUSAL = answering(400, 'InvalidCiphertextException');

/** @returns `undefined` for what does not open */
function honestAnswer(
  operation: string,
  body: Fields,
  cipher: SmallCipher,
): Record<string, unknown> | undefined {
  if (operation === 'health') {
    return {
      xksProxyFleetSize: 1,
      xksProxyVendor: 'Small',
      xksProxyModel: 'Small 1',
      ekmVendor: 'Small',
      ekmFleetDetails: [{ id: '1', model: 'Small', healthStatus: 'ACTIVE' }],
    };
  }
  if (operation === 'metadata') {
    return { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' };
  }
  return operation === 'encrypt' ? encrypted(body, cipher) : decrypted(body, cipher);
}

function encrypted(body: Fields, { key, metadata, bind }: SmallCipher): Record<string, unknown> {
  const aad = presentBytes(body['additionalAuthenticatedData']);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(bind(aad, metadata));
  const ciphertext = Buffer.concat([cipher.update(bytesOf(body['plaintext'])), cipher.final()]);
  const tag = cipher.getAuthTag();
  const hashed = [aad ?? Buffer.alloc(0), metadata, iv, ciphertext, tag];
  return {
    ciphertext: ciphertext.toString('base64'),
    ciphertextMetadata: metadata.toString('base64'),
    initializationVector: iv.toString('base64'),
    authenticationTag: tag.toString('base64'),
    ciphertextDataIntegrityValue: integrityValue(...hashed),
  };
}

/** SHA-256 in base64. */
export function integrityValue(...parts: readonly Buffer[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('base64');
}

function decrypted(body: Fields, { key, bind }: SmallCipher): Record<string, unknown> | undefined {
  const aad = presentBytes(body['additionalAuthenticatedData']);
  const iv = bytesOf(body['initializationVector']);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  decipher.setAAD(bind(aad, bytesOf(body['ciphertextMetadata'])));
  decipher.setAuthTag(bytesOf(body['authenticationTag']));
  const ciphertext = bytesOf(body['ciphertext']);
  try {
    const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    return { plaintext: plaintext.toString('base64') };
  } catch {
    return undefined;
  }
}

function presentBytes(field: unknown): Buffer | undefined {
  return field === undefined ? undefined : bytesOf(field);
}

/** Bytes of a field in base64; none for a field that is absent. */
export function bytesOf(field: unknown): Buffer {
  return Buffer.from(typeof field === 'string' ? field : '', 'base64');
}
