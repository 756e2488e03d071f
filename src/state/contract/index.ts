import { changeCases } from './changes.js';
import { counterCases } from './counters.js';
import { documentCases } from './documents.js';
import { leaseCases } from './leases.js';
import { recoveryCases } from './recovery.js';
import type { StateCase } from './state-case.js';
import { usesCases } from './uses.js';

export type { StateCase, StateHarness } from './state-case.js';

/** The contract of every state store, free of any test framework: a new harness for each case. */
export const stateStoreContract: readonly StateCase[] = [
  ...documentCases,
  ...changeCases,
  ...counterCases,
  ...usesCases,
  ...leaseCases,
  ...recoveryCases,
];
