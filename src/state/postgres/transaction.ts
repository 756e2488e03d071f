import type { PoolClient } from 'pg';
import { begin, commit, rollBack } from './commit.js';
import { ConnectionLost } from './failures.js';
import { ask, type Servers } from './servers.js';

/** A question to a server. @throws StateError, or ConnectionLost */
export type Ask = <Row extends object>(
  text: string,
  values?: readonly unknown[],
) => Promise<readonly Row[]>;

/**
 * Does work in one transaction that is durable, as {@link commit} has it.
 *
 * @throws StateError, ConnectionLost, UnknownOutcome, or what the work throws
 */
export async function inTransaction<T>(
  servers: Servers,
  work: (transaction: { readonly ask: Ask }) => Promise<T>,
): Promise<T> {
  const client = await servers.connect();
  let result: T;
  try {
    await begin(client);
    result = await work({ ask: (text, values) => ask(client, text, values) });
  } catch (error) {
    await endFailed(client, error);
    throw error;
  }
  try {
    await commit(client);
  } catch (error) {
    client.release(true);
    throw error;
  }
  client.release();
  return result;
}

async function endFailed(client: PoolClient, error: unknown): Promise<void> {
  if (error instanceof ConnectionLost) client.release(true);
  else await rollBack(client);
}
