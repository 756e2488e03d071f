import type { Decision } from '../decision.js';
import { openOffline } from '../offline.js';
import type { CaseFile, PolicyCase } from './case-file.js';

/** The outcome of a case. */
export interface CaseOutcome {
  readonly name: string;
  readonly passed: boolean;
  readonly expected: PolicyCase['expect'];
  readonly decision: Decision;
  /** Ids that were to decide; absent where the case names none. */
  readonly expectedPolicies: readonly string[] | undefined;
}

/**
 * Asks the policies of a file of cases, case by case.
 *
 * @throws PolicyProblemsError
 */
export async function runCases({ source, cases }: CaseFile): Promise<readonly CaseOutcome[]> {
  const { authorizer } = await openOffline(source);
  return cases.map(({ name, request, expect, policies }) => {
    const decision = authorizer.decide(request);
    const areDeciding =
      policies === undefined || policies.toSorted().join('\n') === decision.policies.join('\n');
    // What an error denies passes for no case: nobody means it.
    const isExpected = decision.decision === expect && decision.by === 'policy';
    return {
      ...{ name, decision, expected: expect, expectedPolicies: policies },
      passed: isExpected && areDeciding,
    };
  });
}
