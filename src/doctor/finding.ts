import type { Requirement } from './requirement.js';

/** The result of one check. */
export interface Finding {
  readonly id: string;
  readonly section: string;
  readonly level: Requirement['level'];
  readonly text: string;
  /**
   * `failed`: the proxy breaks a MUST. `warning`: it breaks a SHOULD, or there is a remark.
   * `unknown`: it could not be looked at. `skipped`: the caller left it out.
   */
  readonly outcome: 'ok' | 'warning' | 'failed' | 'unknown' | 'skipped';
  readonly detail?: string | undefined;
  /** Id of the check that has to succeed before this one can be made. */
  readonly needs?: string;
  readonly meaning?: string;
  readonly advice?: string;
}

/** The number of findings of one outcome. */
export function count(findings: readonly Finding[], outcome: Finding['outcome']): number {
  return findings.filter((finding) => finding.outcome === outcome).length;
}
