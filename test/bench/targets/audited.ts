import { MAX_REFUSED_SHARE, startHoldfast } from './holdfast.js';
import type { Target } from './target.js';

/** Holdfast with an audit log whose records outlive the process when an answer goes out. */
export const written: Target = audited('written');

/** The same with records that outlive a power cut: the default of an audit log. */
export const synced: Target = audited('synced');

function audited(durability: 'written' | 'synced'): Target {
  return {
    name: durability,
    maxRefusedShare: MAX_REFUSED_SHARE,
    start: () => startHoldfast(durability, { durability }),
  };
}
