import type { Opening } from '../../authorization/break-glass/break-glass.js';
import { Deadline } from '../../shared/deadline.js';
import { systemClock } from '../../shared/clock.js';
import type { Lease } from '../../state/store.js';
import type { AnswerOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { Status } from '../contract/status.js';
import type { InForce } from '../in-force.js';
import { expiringKeys } from './expiring-keys.js';
import { leftBehind } from './shown-credentials.js';
import { counted } from '../../shared/counted.js';

type Failed = Status['failedReloads'][number];

/** Time for a health check that is not there yet. */
const BUDGET_MS = 5_000;

/** Tells how this replica is, and what it knows of the others. */
export async function showStatus(inForce: InForce): Promise<AnswerOf<Routes['showStatus']>> {
  const { state, facts } = inForce;
  const deadline = Deadline.after(systemClock, BUDGET_MS);
  const keyManagers = await Promise.all(
    [...inForce.keyManagers.values()].map(async (keyManager) => ({
      name: keyManager.name,
      nodes: [...(await keyManager.health(deadline))],
    })),
  );
  const { kind, applied, ageMs, leases, problems, leftAside } = state.standing;
  const audit = facts.audit();
  const webhooks = inForce.notifications.notifier.webhooks.map(webhookOf);
  return {
    version: facts.version,
    generation: facts.generation,
    lastReload: facts.lastReload,
    failedReloads: [...facts.failedReloads],
    state: {
      storeId: state.storeId,
      place: state.place,
      isShared: state.isShared,
      standing: kind,
      applied,
      ageMs,
      leftAside: [...leftAside],
    },
    replicas: leases
      .toSorted(byName)
      .map(({ replica, name, version, applied: upTo, endsInMs }) => ({
        replica,
        name,
        version,
        applied: upTo,
        // What the store said last, which may be long ago.
        leaseEndsInMs: Math.max(0, endsInMs - ageMs),
      })),
    keyManagers,
    audit: audit && { ...audit, sinks: [...audit.sinks] },
    webhooks,
    waiting: [
      ...problems,
      ...inForce.breakGlass.list().map(overruled),
      ...blocksOf(inForce.blocks),
      ...lostBlocksOf(inForce),
      ...facts.failedReloads.map(failedReload),
      ...facts.waitsForRestart,
      ...keyManagers.flatMap(({ name, nodes }) => nodes.flatMap((node) => problemOf(name, node))),
      ...(audit?.isInterrupted === true ? ['records cannot be written to the audit log'] : []),
      ...webhooks.flatMap(problemOfWebhook),
      ...facts.waiting(),
      ...lostCredentialsOf(inForce),
      ...[...inForce.acts.values()].flatMap(({ unfinished }) => unfinished),
      ...expiringKeys(inForce),
    ],
  };
}

function overruled({ keyStore, until, by, reason }: Opening): string {
  return `the policies of the key store ${keyStore} are overruled until ${until}, by ${by}: ${reason}`;
}

function blocksOf(blocks: InForce['blocks']): string[] {
  const blocked = blocks.list().filter((each) => each.blocked).length;
  const { unknown, waiting } = blocks;
  return [
    ...unknown.map(unknownPrincipals),
    ...(blocked === 0 ? [] : [`blocks in force: ${blocked}; see holdfast blocks list`]),
    ...(waiting === 0
      ? []
      : [`blocks in force here alone, of which the state store knows nothing yet: ${waiting}`]),
  ];
}

function unknownPrincipals(document: string): string {
  return (
    `a block of principals is not in force, because its document cannot be read (${document}): ` +
    'block them anew, on each replica; the audit log says whom'
  );
}

function lostCredentialsOf(inForce: InForce): string[] {
  return leftBehind(inForce).map(
    ({ accessKeyId, keyStore }) =>
      `the credential ${accessKeyId} is for the key store ${keyStore}, which the configuration has ` +
      `no more: holdfast credentials remove ${accessKeyId}`,
  );
}

/** Blocks of what the configuration calls otherwise now, or has no more: nothing is blocked. */
function lostBlocksOf({ blocks, keyStores, keyManagers }: InForce): string[] {
  return blocks.list().flatMap(({ blocked, subject }) => {
    if (!blocked || subject.kind === 'principal') return [];
    const [holder, isThere] =
      subject.kind === 'key'
        ? [`key manager ${subject.keyManager}`, keyManagers.has(subject.keyManager)]
        : [`key store ${subject.keyStore}`, keyStores.findByName(subject.keyStore) !== undefined];
    if (isThere) return [];
    const what = subject.kind === 'key' ? `the key ${subject.externalKeyId}` : `the ${holder}`;
    return [`the block of ${what} blocks nothing: the configuration has no ${holder}`];
  });
}

function failedReload({ at, reason = 'no reason is known' }: Failed): string {
  return `the reload of ${at} failed, and the generation before serves: ${reason}`;
}

function problemOf(
  keyManager: string,
  { name, status, detail }: { name: string; status: string; detail?: string },
): string[] {
  if (status === 'ACTIVE') return [];
  return [
    `the node ${name} of the key manager ${keyManager} is ${status}: ${detail ?? 'no detail'}`,
  ];
}

function webhookOf({
  webhook,
  queued,
  stuckMs,
  dropped,
  problem,
}: InForce['notifications']['notifier']['webhooks'][number]): Status['webhooks'][number] {
  return { webhook, queued, stuckMs, dropped, problem };
}

function problemOfWebhook({ webhook, queued, problem }: Status['webhooks'][number]): string[] {
  if (problem === undefined) return [];
  return [
    `the webhook ${webhook} does not take events, ${counted(queued, 'waits', 'wait')}: ${problem}`,
  ];
}

/** In one order, however the store has them. */
function byName(one: Lease, other: Lease): number {
  return one.name < other.name ? -1 : 1;
}
