import type { PoolClient } from 'pg';
import { StateError } from '../errors.js';
import { statementFailure, toldFailure, UnknownOutcome } from './failures.js';

/**
 * The beginning of each transaction that changes something. Its commit waits until it is durable
 * here and, where there is one, on the synchronous standby; no setting of a server, a database or a
 * role makes that weaker, or hides the warning of a commit that did not wait.
 */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
  WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true);
SET LOCAL client_min_messages = warning`;

/** Begins a transaction. @throws StateError, or ConnectionLost */
export async function begin(client: PoolClient): Promise<void> {
  try {
    await client.query(BEGIN);
  } catch (error) {
    throw statementFailure(error);
  }
}

/**
 * Commits, and believes nothing but a plain success: a commit that was cancelled while it waited
 * for a standby succeeds with a warning, and may be lost with this server.
 *
 * @throws UnknownOutcome
 */
export async function commit(client: PoolClient): Promise<void> {
  let warning: string | undefined;
  const onNotice = (notice: { readonly message?: string | undefined }) => {
    warning ??= notice.message ?? 'a warning';
  };
  client.on('notice', onNotice);
  try {
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw new StateError('unavailable', 'the change was rolled back');
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new UnknownOutcome(`the commit has an unknown outcome: ${toldFailure(error)}`);
  } finally {
    client.off('notice', onNotice);
  }
  if (warning === undefined) return;
  throw new UnknownOutcome(`the commit may not last: the state store says "${warning}"`);
}

/** Ends a transaction without doing it; where that fails, the connection is given up. */
export async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch {
    client.release(true); // The server ends what it does not hear from.
  }
}
