import { Deadline } from '../../shared/deadline.js';
import { systemClock } from '../../shared/clock.js';
import type { AnswerOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';

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
  const { kind, applied, ageMs, leases, problems } = state.standing;
  const audit = facts.audit();
  return {
    version: facts.version,
    generation: facts.generation,
    state: {
      storeId: state.storeId,
      place: state.place,
      isShared: state.isShared,
      standing: kind,
      applied,
      ageMs,
    },
    replicas: leases.map(({ replica, name, version, applied: upTo, endsInMs }) => ({
      replica,
      name,
      version,
      applied: upTo,
      // What the store said last, which may be long ago.
      leaseEndsInMs: Math.max(0, endsInMs - ageMs),
    })),
    keyManagers,
    audit: audit && { ...audit, sinks: [...audit.sinks] },
    waiting: [
      ...problems,
      ...keyManagers.flatMap(({ name, nodes }) => nodes.flatMap((node) => problemOf(name, node))),
      ...(audit?.isInterrupted === true ? ['records cannot be written to the audit log'] : []),
      ...facts.expiring(),
    ],
  };
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
