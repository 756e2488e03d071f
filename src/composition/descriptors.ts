import { readdirSync, readFileSync } from 'node:fs';
import { MAX_OPERATIONS_CONNECTIONS } from '../http/operations/operations-server.js';
import { backendOf } from '../key-managers/backends.js';
import type { Logger } from '../observability/logger.js';
import type { Configuration } from '../configuration/schema.js';

/** Files that come and go: the next segment of the audit log, checkpoints, key documents, sinks. */
const RESERVE = 32;
/** Connections of a webhook (its own and a test's), a file of its queue, and the folder. */
const WEBHOOK_DESCRIPTORS = 4;
/** Commands of administrators at once. */
const ADMIN_CONNECTIONS = 8;

/** A division of the files and connections that the process may have open. */
export interface DescriptorPlan {
  /** `RLIMIT_NOFILE`. */
  readonly limit: number;
  /** Number of descriptors that the configuration could use at once. */
  readonly wanted: number;
  /** Connections that each listener gets, in their order: what is configured, or less. */
  readonly connections: readonly number[];
}

/** The numbers that a plan is made from. */
export interface DescriptorNeeds {
  readonly limit: number;
  /** Open at the start, before there is a connection. */
  readonly open: number;
  /** Connections to key managers. */
  readonly backends: number;
  /** `maxConnections` of each listener. */
  readonly listeners: readonly number[];
}

/**
 * Divides the descriptors that a process may have. Strangers can take every connection that they
 * are let have, so descriptors for the audit log, keys and key managers are kept back from them.
 */
export function planDescriptors({
  limit,
  open,
  backends,
  listeners,
}: DescriptorNeeds): DescriptorPlan {
  const others = open + RESERVE + ADMIN_CONNECTIONS + MAX_OPERATIONS_CONNECTIONS;
  const configured = listeners.reduce((sum, each) => sum + each, 0);
  const wanted = others + backends + configured;
  if (wanted <= limit) return { limit, wanted, connections: listeners };
  const left = Math.max(0, limit - others);
  const forListeners = left - Math.min(backends, Math.floor(left / 2));
  const share = forListeners / configured;
  const connections = listeners.map((each) => Math.max(1, Math.floor(each * share)));
  return { limit, wanted, connections };
}

/** Tells whether listeners get fewer connections than they are configured to have. */
export function isShort({ limit, wanted }: DescriptorPlan): boolean {
  return wanted > limit;
}

/**
 * Gives the listeners fewer connections than configured where this process may not open so many
 * files, and says so. The audit log and key managers are open by now, and no listener is.
 *
 * @param open descriptors that are open before there is a connection
 * @returns no plan where the system does not say what the limit is (it does in Linux)
 */
export function affordableListeners(
  configuration: Pick<Configuration, 'listeners' | 'keyManagers' | 'notifications'>,
  open: number,
  log: Logger,
): { listeners: Configuration['listeners']; plan: DescriptorPlan | undefined } {
  const { listeners } = configuration;
  const plan = planForThisProcess(configuration, open);
  if (plan === undefined || !isShort(plan)) return { listeners, plan };
  log.warn(
    { ...plan },
    'the process may open fewer files than are configured: listeners take fewer connections',
  );
  const affordable = listeners.map((listener, index) => {
    const maxConnections = plan.connections[index] ?? 1;
    return { ...listener, limits: { ...listener.limits, maxConnections } };
  });
  return { listeners: affordable, plan };
}

/** The number of descriptors that this process has open; 0 where the system does not say. */
export function openDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

function planForThisProcess(
  {
    listeners,
    keyManagers,
    notifications: { webhooks },
  }: Pick<Configuration, 'listeners' | 'keyManagers' | 'notifications'>,
  open: number,
): DescriptorPlan | undefined {
  const limit = descriptorLimit();
  if (limit === undefined) return undefined;
  return planDescriptors({
    limit,
    open,
    backends: keyManagers.reduce(
      (sum, each) => sum + backendOf(each).descriptors(each),
      webhooks.length * WEBHOOK_DESCRIPTORS,
    ),
    listeners: listeners.map(({ limits }) => limits.maxConnections),
  });
}

/** The soft limit, which Node has raised to the hard one when it started. */
function descriptorLimit(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
