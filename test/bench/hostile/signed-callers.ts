import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../connection.js';
import { encryptBody, makeSample, signRequest } from '../requests.js';
import type { Endpoint } from '../targets/target.js';

const CALL_EVERY_MS = 20;
const CONNECT_EVERY_MS = 100;
const OK = 200;

/** The outcome of the calls of one kind of caller. */
export interface Calls {
  /** ms of those that succeeded. */
  readonly durationsMs: number[];
  failures: number;
}

/** Calls on one connection, which is there before the attack. */
export class WarmCaller {
  readonly #endpoint: Endpoint;
  readonly #connection: Connection;

  private constructor(endpoint: Endpoint, connection: Connection) {
    this.#endpoint = endpoint;
    this.#connection = connection;
  }

  static async open(endpoint: Endpoint): Promise<WarmCaller> {
    return new WarmCaller(endpoint, await Connection.open(endpoint));
  }

  /** @param seconds how long to call */
  async call(seconds: number): Promise<Calls> {
    const calls: Calls = { durationsMs: [], failures: 0 };
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
      await timed(calls, () => callOnce(this.#connection, this.#endpoint));
      await sleep(CALL_EVERY_MS);
    }
    return calls;
  }

  close(): void {
    this.#connection.close();
  }
}

/** Calls each on a connection of its own, as when KMS comes for the first time. */
export async function callAnew(endpoint: Endpoint, seconds: number): Promise<Calls> {
  const calls: Calls = { durationsMs: [], failures: 0 };
  const end = performance.now() + seconds * 1_000;
  const pending: Promise<void>[] = [];
  while (performance.now() < end) {
    pending.push(timed(calls, () => connectAndCall(endpoint)));
    await sleep(CONNECT_EVERY_MS);
  }
  await Promise.all(pending);
  return calls;
}

async function connectAndCall(endpoint: Endpoint): Promise<number> {
  const connection = await Connection.open(endpoint);
  try {
    return await callOnce(connection, endpoint);
  } finally {
    connection.close();
  }
}

async function callOnce(connection: Connection, endpoint: Endpoint): Promise<number> {
  const request = signRequest(endpoint, 'encrypt', encryptBody(makeSample('Encrypt')));
  return (await connection.send(request)).status;
}

async function timed(calls: Calls, call: () => Promise<number>): Promise<void> {
  const startedAt = performance.now();
  const status = await call().catch(() => 0);
  if (status === OK) calls.durationsMs.push(performance.now() - startedAt);
  else calls.failures += 1;
}
