import { bare } from './bare.js';
import { holdfast } from './holdfast.js';
import type { Target } from './target.js';

/** The yardstick that every other target is divided by. */
export const BASELINE: Target = bare;

/** What is measured against it, in the order it is printed. */
export const CANDIDATES: readonly Target[] = [holdfast];
