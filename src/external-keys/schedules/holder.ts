import type { State } from '../../state/state.js';

/** The part of the state that says who keeps the schedules. */
export type HolderState = Pick<State, 'replica' | 'isShared' | 'isInStep' | 'standing'>;

/**
 * Tells whether this replica keeps the schedules: the one whose id is the lowest of those that have
 * a lease. Two may think so for a moment; every change is a compare-and-set.
 */
export function isHolder({ replica, isShared, isInStep, standing }: HolderState): boolean {
  if (!isShared) return true;
  if (!isInStep) return false;
  return standing.leases.every((lease) => replica <= lease.replica);
}

/** The replicas whose begun acts this one leaves alone. */
export function livingReplicas(state: HolderState): Pick<ReadonlySet<string>, 'has'> {
  // Whoever does not keep the schedules finishes its own acts alone.
  if (!isHolder(state)) return { has: () => true };
  return new Set(state.standing.leases.map(({ replica }) => replica));
}
