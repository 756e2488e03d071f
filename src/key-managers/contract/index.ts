import { changeCases } from './changes.js';
import type { ContractCase } from './contract-case.js';
import { describeCases } from './describe.js';
import { encryptAndDecryptCases } from './encrypt-and-decrypt.js';
import { healthCases } from './health.js';
import { refusalCases } from './refusals.js';

export type { ContractCase, ContractHarness, OthersAtWork } from './contract-case.js';

/** The contract of every backend, free of any test framework: run each case against a harness. */
export const keyManagerContract: readonly ContractCase[] = [
  ...describeCases,
  ...encryptAndDecryptCases,
  ...refusalCases,
  ...changeCases,
  ...healthCases,
];
