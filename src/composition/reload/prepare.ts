import type { LoadedConfiguration } from '../../configuration/configuration-file.js';
import type { KeyManager } from '../../key-managers/key-manager.js';
import type { NodeSetKeyManager } from '../../key-managers/nodes/node-set.js';
import { nodesWithOtherKeys } from '../../key-managers/nodes/same-keys.js';
import type { NextWebhooks, Notifications } from '../../notifications/open-notifications.js';
import { Deadline } from '../../shared/deadline.js';
import type { Clock } from '../../shared/clock.js';
import type { Generation } from '../generation.js';
import { closeKeyManagers } from '../key-managers.js';
import type { ListenerSet } from '../listener-set.js';
import type { ServingListener } from '../listeners.js';
import type { GenerationPolicies } from '../policies.js';
import { ReloadError } from './reload-error.js';
import type { ReloadPlan } from './plan.js';

/** The time that new nodes have for a health check before requests come to them. */
const FIRST_HEALTH_CHECK_MS = 5_000;

/** Starts the key managers of a plan. */
export type StartKeyManagers = (
  plan: ReloadPlan,
) => Promise<ReadonlyMap<string, NodeSetKeyManager>>;

/** The parts with which a reload is prepared. */
export interface PreparePorts {
  readonly clock: Clock;
  readonly listeners: Pick<ListenerSet, 'open'>;
  readonly startKeyManagers: StartKeyManagers;
  /** Checks and parses the policies of a configuration. */
  readonly openPolicies: (next: LoadedConfiguration) => Promise<GenerationPolicies>;
  readonly notifications: Pick<Notifications, 'prepare'>;
}

/** The parts that were started for a configuration that is not in force yet. */
export interface Prepared {
  readonly policies: GenerationPolicies;
  readonly keyManagers: ReadonlyMap<string, NodeSetKeyManager>;
  /** By their place in the configuration. */
  readonly listeners: ReadonlyMap<number, ServingListener>;
  /** Absent where they are as before. */
  readonly webhooks: NextWebhooks | undefined;
  /** Closes it again. Never rejects. */
  readonly undo: () => Promise<void>;
}

/**
 * Starts everything that can fail, beside what serves.
 *
 * @throws what the part that failed says, after everything else has been closed again
 */
export async function prepare(
  current: Generation,
  plan: ReloadPlan,
  { clock, listeners, startKeyManagers, openPolicies, notifications }: PreparePorts,
): Promise<Prepared> {
  const policies = await openPolicies(plan.next);
  const undos: (() => unknown)[] = [
    () => {
      policies.release();
    },
  ];
  const undo = async () => {
    for (const each of undos.toReversed()) await each();
  };
  try {
    const keyManagers = await startKeyManagers(plan);
    undos.push(() => closeKeyManagers(keyManagers).catch(() => undefined));
    await assertHealthy(current, keyManagers, clock);
    const webhooks = plan.hasOtherWebhooks
      ? await notifications.prepare(plan.next.configuration.notifications.webhooks)
      : undefined;
    undos.push(() => webhooks?.undo());
    const opened = await listeners.open(plan.listeners.added);
    undos.push(() => Promise.all([...opened.values()].map(({ server }) => server.close())));
    return { policies, keyManagers, listeners: opened, webhooks, undo };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** One that serves is not replaced by one that serves less, or with other keys. */
async function assertHealthy(
  current: Generation,
  started: ReadonlyMap<string, NodeSetKeyManager>,
  clock: Clock,
): Promise<void> {
  const reasons = await Promise.all(
    [...started.values()].map(async (young) => {
      const before = current.keyManagers.get(young.name);
      if (before === undefined) return [];
      const reports = await Promise.all([healthOf(before, clock), healthOf(young, clock)]);
      return [...worseThan(young, ...reports), ...(await otherKeys(before, young, clock))];
    }),
  );
  const found = reasons.flat();
  if (found.length > 0) throw new ReloadError(found);
}

/** A node that was well and is not: its server may be gone by chance, and is asked once more. */
function worseThan(
  { name }: KeyManager,
  before: readonly Report[],
  after: readonly Report[],
): readonly string[] {
  const well = before.filter(isUsable);
  if (well.length > 0 && !after.some(isUsable)) {
    const details = after.map(({ name: node, detail = 'no detail' }) => `${node}: ${detail}`);
    return [`keyManagers[${name}] would have no healthy node: ${details.join('; ')}`];
  }
  return after
    .filter((report) => !isUsable(report) && well.some((each) => each.name === report.name))
    .map(
      ({ name: node, detail = 'no detail' }) =>
        `keyManagers[${name}].nodes[${node}] would not be healthy any more: ${detail}`,
    );
}

async function otherKeys(
  before: NodeSetKeyManager,
  { name, started }: NodeSetKeyManager,
  clock: Clock,
): Promise<readonly string[]> {
  const deadline = Deadline.after(clock, FIRST_HEALTH_CHECK_MS);
  const nodes = await nodesWithOtherKeys(before.started, started, deadline);
  return nodes.map(
    (node) =>
      `keyManagers[${name}] would have other keys: ${node} cannot open what it encrypts now. ` +
      'A key manager with other keys takes a name of its own',
  );
}

type Report = Awaited<ReturnType<KeyManager['health']>>[number];

function healthOf(keyManager: KeyManager, clock: Clock): Promise<readonly Report[]> {
  return keyManager.health(Deadline.after(clock, FIRST_HEALTH_CHECK_MS));
}

function isUsable({ status }: Report): boolean {
  return status !== 'UNAVAILABLE';
}
