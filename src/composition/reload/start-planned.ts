import { randomBytes } from 'node:crypto';
import type { NodeSetKeyManager } from '../../key-managers/nodes/node-set.js';
import { type KeyManagerStart, startKeyManagers } from '../key-managers.js';
import type { ServerProcess } from '../process.js';
import type { ReloadPlan } from './plan.js';
import type { KeyManagerPlan } from './plan-key-managers.js';

/** The choices of a start of key managers. */
type PlannedStart = Pick<KeyManagerStart, 'init' | 'running'>;

/**
 * Starts key managers of a configuration.
 *
 * @param start whether those may begin that have no keys yet, and those that run already
 * @throws whatever a backend says is wrong
 */
export function startPlanned(
  { next: { configuration }, started }: Pick<ReloadPlan, 'next'> & Pick<KeyManagerPlan, 'started'>,
  lived: ServerProcess,
  start: PlannedStart,
): Promise<ReadonlyMap<string, NodeSetKeyManager>> {
  const { clock, loggers, state, records, notifications } = lived;
  const shared = { clock, randomBytes, state, records, tell: notifications.notifier };
  return startKeyManagers(
    started,
    { ...shared, log: loggers.keyManager },
    { ...start, nodeLimits: configuration.keyManagerLimits },
  );
}
