import { synced, written } from './audited.js';
import { awsProxy } from './aws-proxy.js';
import { bare, bareSynced } from './bare.js';
import { holdfast, otherBuild } from './holdfast.js';
import { openbao } from './openbao.js';
import { policed } from './policed.js';
import { slowKeyManager } from './slow-key-manager.js';
import { softHsm } from './softhsm.js';
import type { Target } from './target.js';

/** The yardstick of CPU time, which every other target is compared with. */
export const BASELINE: Target = bare;

/** Holdfast with files and without an audit log, which its other forms are compared with. */
export const PLAIN: Target = holdfast;

/** The form of Holdfast with a log of its requests on the disk. */
export const AUDITED: Target = synced;

/** On a busy machine some are refused before anything is overloaded; they do not count as load. */
const MAX_REFUSED_BEFORE = 0.1;

/** Overloaded targets: two whose own CPU is the limit, and one whose key manager is. */
export const OVERLOADED: readonly Target[] = [PLAIN, AUDITED, slowKeyManager].map((target) => ({
  ...target,
  maxRefusedShare: MAX_REFUSED_BEFORE,
}));

/** Holdfast with policies that decide over every request, which costs so much more than without. */
export const POLICED: Target = policed;

/** The main comparison, in the order it is printed. */
export const SIDE_BY_SIDE: readonly Target[] = [
  bare,
  bareSynced,
  holdfast,
  ...(otherBuild === undefined ? [] : [otherBuild]),
  written,
  synced,
];

/** Targets whose latency is measured, with the bare server that does as much for a request. */
export const LATENCY: ReadonlyMap<Target, Target | undefined> = new Map([
  [bare, undefined],
  [holdfast, bare],
  [bareSynced, undefined],
  [synced, bareSynced],
]);

/**
 * Holdfast on other key managers, and AWS's proxy on the same token where its program is named;
 * only their CPU time is compared. AWS's proxy starts after Holdfast, which makes the key.
 */
export const BACKENDS: readonly Target[] = [
  bare,
  holdfast,
  softHsm,
  ...(awsProxy === undefined ? [] : [awsProxy]),
  openbao,
];
