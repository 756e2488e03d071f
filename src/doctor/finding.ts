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
  readonly meaning?: string;
  readonly advice?: string;
}

/** Result of a run. */
export interface Examination {
  readonly findings: readonly Finding[];
}

/** The number of findings of one outcome. */
export function count(findings: readonly Finding[], outcome: Finding['outcome']): number {
  return findings.filter((finding) => finding.outcome === outcome).length;
}
