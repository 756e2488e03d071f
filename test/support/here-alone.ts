import type { Confirmations } from '../../src/state/confirmations.js';

/** Confirmations of a replica that has no others beside it. */
export const HERE_ALONE: Pick<Confirmations, 'of'> = {
  of: () => Promise.resolve({ confirmed: ['here'], unconfirmed: [] }),
};
