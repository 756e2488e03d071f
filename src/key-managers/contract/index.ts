import { checkedAdministration } from '../nodes/checked-administration.js';
import { changeCases } from './changes.js';
import type { ContractCase, ContractHarness } from './contract-case.js';
import { describeCases } from './describe.js';
import { destructionCases } from './destruction.js';
import { enablingCases } from './enabling.js';
import { encryptAndDecryptCases } from './encrypt-and-decrypt.js';
import { healthCases } from './health.js';
import { importCases } from './import.js';
import { importAgainCases } from './import-again.js';
import { keyIdCases } from './key-ids.js';
import { refusalCases } from './refusals.js';
import { rotationCases } from './rotation.js';

export type { ContractCase, ContractHarness, OthersAtWork } from './contract-case.js';

const cases: readonly ContractCase[] = [
  ...describeCases,
  ...keyIdCases,
  ...encryptAndDecryptCases,
  ...refusalCases,
  ...changeCases,
  ...rotationCases,
  ...enablingCases,
  ...destructionCases,
  ...importCases,
  ...importAgainCases,
  ...healthCases,
];

/**
 * The contract of every backend, free of any test framework: run each case against a harness. The
 * administration is asked as Holdfast asks it: with the rules of `nodes/` around it.
 */
export const keyManagerContract: readonly ContractCase[] = cases.map(({ title, run }) => ({
  title,
  run: (harness) => run(withRules(harness)),
}));

function withRules(harness: ContractHarness): ContractHarness {
  const { administration } = harness;
  if (administration === undefined) return harness;
  return { ...harness, administration: checkedAdministration(administration) };
}
