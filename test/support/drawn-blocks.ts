import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { PostgresStateConfig } from '../../src/state/postgres/config.js';
import { stateSql } from './postgres-state.js';
import type { PostgresServer } from './postgres.js';
import { testLogPath } from './test-log.js';

const LINE = /drawn block ([^ ]+) from (\d+) to (\d+)/g;

/**
 * Lets the servers write each block that a counter hands out to their logs, which no failover and
 * no restore takes back. It is written as the last thing before the commit.
 */
export async function logDrawnBlocks(
  server: PostgresServer,
  state: PostgresStateConfig,
): Promise<void> {
  await stateSql(
    server,
    state,
    `CREATE FUNCTION $schema.log_block() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- This one hands out nothing: it jumps when the store moves, and begins anew after a
        -- recovery.
        IF NEW.name <> 'schedule-clock/unbroken' THEN
          RAISE LOG 'drawn block % from % to %', NEW.name, OLD.next, NEW.next;
        END IF;
        RETURN NULL;
      END $$`,
  );
  await stateSql(
    server,
    state,
    `CREATE CONSTRAINT TRIGGER log_block AFTER UPDATE OF next ON $schema.counters
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION $schema.log_block()`,
  );
}

/** Reads the blocks that this process's servers have logged: how often each was handed out. */
export function drawnBlocks(): ReadonlyMap<string, number> {
  const sample = testLogPath('postgres');
  const prefix = basename(sample).replace(/\d+\.log$/, '');
  const folder = dirname(sample);
  const logs = readdirSync(folder).filter((name) => name.startsWith(prefix));
  const counts = new Map<string, number>();
  for (const log of logs) {
    for (const [, counter, from, to] of readFileSync(join(folder, log), 'utf8').matchAll(LINE)) {
      const block = `${counter ?? ''} ${from ?? ''}-${to ?? ''}`;
      counts.set(block, (counts.get(block) ?? 0) + 1);
    }
  }
  return counts;
}

/** The blocks that were handed out more than once. */
export function blocksGivenTwice(): readonly string[] {
  return [...drawnBlocks()].filter(([, count]) => count > 1).map(([block]) => block);
}
