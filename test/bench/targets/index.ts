import { synced, unaudited, written } from './audited.js';
import { bare } from './bare.js';
import { holdfast } from './holdfast.js';
import { openbao } from './openbao.js';
import { softHsm } from './softhsm.js';
import type { Target } from './target.js';

/** The yardstick that every other target is divided by. */
export const BASELINE: Target = bare;

/** What is measured against it, in the order it is printed. */
export const CANDIDATES: readonly Target[] = [holdfast];

/** The same on other key managers; only their CPU time is compared. */
export const BACKENDS: readonly Target[] = [softHsm, openbao];

/** With and without an audit log: the yardstick first, the one that is asked for most last. */
export const AUDITED: readonly [Target, ...Target[]] = [unaudited, written, synced];
