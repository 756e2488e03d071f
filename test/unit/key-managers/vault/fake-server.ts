import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { KeyManagerNode } from '../../../../src/key-managers/backend.js';
import { vaultKeyManagerSchema } from '../../../../src/key-managers/vault/config.js';
import { createVaultKeyManagerNodes } from '../../../../src/key-managers/vault/create.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** A token that no error and no log line may show. */
export const TOKEN = 'canary-token-that-no-error-may-show';
/** A key as Transit describes it. */
export const KEY = { type: 'aes256-gcm96', latest_version: 1, keys: { '1': 1_700_000_000 } };

/** Answers as no real server would. */
export type FakeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback for one test. @returns its address */
export async function startFakeServer(handler: FakeHandler): Promise<string> {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** Answers JSON. */
export function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A deadline that no test reaches. */
export function deadline(): Deadline {
  return Deadline.after(systemClock, 10_000);
}

/** A file with {@link TOKEN}. */
export function tokenFile(): string {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, TOKEN, { mode: 0o600 });
  return path;
}

/** The node of a key manager of one server, closed when the test ends. */
export async function openNode(
  address: string,
  login: object,
  write: (...args: unknown[]) => void = () => undefined,
): Promise<KeyManagerNode> {
  const config = vaultKeyManagerSchema.parse({
    name: 'fake',
    type: 'vault',
    nodes: [{ name: 'fake', address }],
    login,
  });
  const log = { info: write, warn: write, error: write };
  const ports = { clock: systemClock, randomBytes, log };
  const [node] = (await createVaultKeyManagerNodes(config, ports)).nodes;
  if (node === undefined) throw new Error('no node');
  onTestFinished(() => node.close());
  return node;
}
