import type { Ask } from './transaction.js';

interface Settings {
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly names: string;
  readonly may_see: boolean;
  readonly synchronous: number;
}

const SETTINGS =
  "SELECT current_setting('fsync') AS fsync, " +
  "current_setting('full_page_writes') AS full_page_writes, " +
  "current_setting('synchronous_standby_names') AS names, " +
  "pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS may_see, " +
  '(SELECT count(*)::int FROM pg_stat_replication ' +
  "WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')) AS synchronous";

/**
 * Asks a server whether what it acknowledges outlives its own loss.
 *
 * @returns one sentence for each problem
 */
export async function durabilityProblems(
  ask: Ask,
  expectsStandby: boolean,
): Promise<readonly string[]> {
  const [settings] = await ask<Settings>(SETTINGS);
  if (settings === undefined) return [];
  return [
    ...['fsync', 'full_page_writes'].flatMap((name) =>
      settings[name === 'fsync' ? 'fsync' : 'full_page_writes'] === 'off'
        ? [`The state store runs with ${name} = off: a power cut can damage or lose what it has.`]
        : [],
    ),
    ...(expectsStandby ? standbyProblems(settings) : []),
  ];
}

function standbyProblems({ names, may_see, synchronous }: Settings): readonly string[] {
  if (names === '') {
    return [
      'The state store has no synchronous standby (synchronous_standby_names is empty): a ' +
        'failover may lose acknowledged changes.',
    ];
  }
  if (!may_see) {
    return [
      'Whether a synchronous standby follows the state store cannot be seen: grant the role ' +
        'pg_read_all_stats.',
    ];
  }
  if (synchronous > 0) return [];
  return [
    'No synchronous standby follows the state store: changes are not acknowledged until one does.',
  ];
}
