import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KmsException } from '../exceptions.js';
import { FAILURE_TABLE } from '../towards-proxy/failure-table.js';
import { XksFailure } from '../towards-proxy/xks-failure.js';
import type { CustomKeyStores } from './custom-key-stores.js';
import type { ProxySide } from './proxy-side.js';
import type { KeyStoreRecord } from './record.js';

/** The times that connections take; KMS itself takes seconds to minutes. */
export interface ConnectionsConfig {
  /** Time for which a key store is CONNECTING at least. */
  readonly connectMs: number;
  /** Time for which a key store is DISCONNECTING. */
  readonly disconnectMs: number;
  readonly healthCheckEveryMs: number;
}

/** The parts that the connections of key stores are made of. */
export interface ConnectionsPorts extends ConnectionsConfig {
  readonly stores: CustomKeyStores;
  readonly proxySide: ProxySide;
  /** Is told of what goes wrong with nobody waiting for it. */
  readonly onError: (error: unknown) => void;
}

type State = KeyStoreRecord['connectionState'];

/** States from which an operation may begin. @see KMS API, CustomKeyStoreInvalidStateException */
const ALLOWED = {
  ConnectCustomKeyStore: ['CONNECTED', 'CONNECTING', 'DISCONNECTED'],
  DisconnectCustomKeyStore: ['CONNECTED', 'CONNECTING', 'FAILED'],
  UpdateCustomKeyStore: ['CONNECTED', 'DISCONNECTED'],
  DeleteCustomKeyStore: ['DISCONNECTED'],
} as const satisfies Record<string, readonly State[]>;

/** @throws KmsException where the state of the connection does not allow the operation */
export function requireState(
  { id, connectionState }: KeyStoreRecord,
  operation: keyof typeof ALLOWED,
): void {
  const allowed: readonly State[] = ALLOWED[operation];
  if (allowed.includes(connectionState)) return;
  throw new KmsException(
    'CustomKeyStoreInvalidStateException',
    `${operation} is not valid for the custom key store ${id}, whose connection state is ${connectionState}. It is valid for ${allowed.join(', ')}.`,
  );
}

/** The connection of each key store: what state it is in, and what changes it. */
export class Connections {
  readonly #ports: ConnectionsPorts;
  /** The change under way for each key store; another one ends it. */
  readonly #changes = new Map<string, symbol>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #healthChecks: NodeJS.Timeout | undefined;

  constructor(ports: ConnectionsPorts) {
    this.#ports = ports;
  }

  /** Takes up what a restart has interrupted, and begins the regular health checks. */
  start(): void {
    const { stores, healthCheckEveryMs } = this.#ports;
    for (const { id, connectionState } of stores.list()) {
      if (connectionState === 'CONNECTING') this.#background(this.#finishConnect(id, randomUUID()));
      if (connectionState === 'DISCONNECTING') this.#background(this.#finishDisconnect(id));
    }
    this.#healthChecks = setInterval(() => {
      this.#background(this.checkAll());
    }, healthCheckEveryMs).unref();
  }

  /** Begins to connect. @throws KmsException in a wrong state */
  async connect(record: KeyStoreRecord, requestId: string): Promise<void> {
    requireState(record, 'ConnectCustomKeyStore');
    await this.#ports.stores.change(record.id, {
      connectionState: 'CONNECTING',
      connectionErrorCode: undefined,
    });
    this.#background(this.#finishConnect(record.id, requestId));
  }

  /** Begins to disconnect. @throws KmsException in a wrong state */
  async disconnect(record: KeyStoreRecord): Promise<void> {
    requireState(record, 'DisconnectCustomKeyStore');
    await this.#ports.stores.change(record.id, {
      connectionState: 'DISCONNECTING',
      connectionErrorCode: undefined,
    });
    const finished = this.#finishDisconnect(record.id);
    if (this.#ports.disconnectMs === 0) await finished;
    else this.#background(finished);
  }

  /** Asks every connected proxy for its health, for CloudWatch. */
  async checkAll(): Promise<void> {
    const { stores, proxySide } = this.#ports;
    const connected = stores
      .list()
      .filter(({ connectionState }) => connectionState === 'CONNECTED');
    await Promise.all(
      connected.map((record) =>
        withoutFailure(proxySide.checkHealth(record, 'KmsHealthCheck', randomUUID())),
      ),
    );
  }

  /** Ends what is under way. A key store that is CONNECTING goes on at the next start. */
  async close(): Promise<void> {
    clearInterval(this.#healthChecks);
    this.#changes.clear();
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  async #finishConnect(id: string, requestId: string): Promise<void> {
    const { stores, proxySide, connectMs } = this.#ports;
    const isCurrent = await this.#after(id, connectMs);
    const record = stores.find(id);
    if (record === undefined || !isCurrent()) return;
    const failure = await withoutFailure(
      proxySide.checkHealth(record, 'ConnectCustomKeyStore', requestId),
    );
    if (!isCurrent()) return;
    await stores.change(
      id,
      failure === undefined
        ? { connectionState: 'CONNECTED', connectionErrorCode: undefined }
        : {
            connectionState: 'FAILED',
            connectionErrorCode: FAILURE_TABLE[failure.scenario].connection,
          },
    );
  }

  async #finishDisconnect(id: string): Promise<void> {
    const isCurrent = await this.#after(id, this.#ports.disconnectMs);
    if (isCurrent()) await this.#ports.stores.change(id, { connectionState: 'DISCONNECTED' });
  }

  /** Waits. What it returns tells whether the change is still the last one of the key store. */
  async #after(id: string, ms: number): Promise<() => boolean> {
    const change = Symbol(id);
    this.#changes.set(id, change);
    if (ms > 0) await sleep(ms, undefined, { signal: this.#closing.signal }).catch(ignoreAbort);
    return () => this.#changes.get(id) === change;
  }

  #background(work: Promise<void>): void {
    const running = work.catch(this.#ports.onError).finally(() => {
      this.#running.delete(running);
    });
    this.#running.add(running);
  }
}

/** The end of the simulator is the end of the wait. */
function ignoreAbort(): void {
  return undefined;
}

/** Returns the failure of a call of the proxy, if there is one; other errors are thrown. */
async function withoutFailure(call: Promise<void>): Promise<XksFailure | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof XksFailure) return error;
    throw error;
  }
}
