import type { NotCompared, NotCovered, Verdict } from './outcome.js';

/** Enough to see a slip of the keyboard. */
const MAX_IDS = 20;

/** A comparison as it was asked for, with its result. */
export interface Comparison {
  readonly alarming: boolean;
  /** Calls that were matched to events. */
  readonly matchedCalls: number;
  /** Ids of custom key stores that were asked about. */
  readonly customKeyStores: readonly string[];
  /** Ids of custom key stores that events have. */
  readonly idsInInput: readonly string[];
  readonly notCovered: readonly NotCovered[];
}

/** Names what nothing was compared of, so that it cannot pass for something in order. */
export function findNotCompared(comparison: Comparison): readonly NotCompared[] {
  const { alarming, matchedCalls, customKeyStores, idsInInput, notCovered } = comparison;
  const missingIds = customKeyStores.filter((id) => !idsInInput.includes(id));
  const places = notCovered.filter(({ why }) => why === 'no-input');
  const firstIds = idsInInput.slice(0, MAX_IDS);
  return [
    ...(matchedCalls === 0 && !alarming ? [{ what: 'everything' } as const] : []),
    ...missingIds.map((id) => ({ what: 'custom-key-store', id, idsInInput: firstIds }) as const),
    ...places.map(({ account, region, calls }) => {
      return { what: 'place', account, region, calls } as const;
    }),
  ];
}

/** Gives the verdict of a comparison: an alarm counts more than what was not compared. */
export function verdictOf(alarming: boolean, notCompared: readonly NotCompared[]): Verdict {
  if (alarming) return 'alarmed';
  return notCompared.length > 0 ? 'nothing-compared' : 'matched';
}
