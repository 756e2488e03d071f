import type { HealthStatus, KeyManagerErrorCode } from '../backend.js';

/** The checks of each node, in this order. */
export type Check =
  | 'start'
  | 'answer'
  | 'test-key'
  | 'round-trip'
  | 'ivs'
  | 'keys'
  | 'encryptions-left'
  | 'other-nodes'
  | 'health';

/** The explanation of a failure, in one or two sentences for each field. */
export interface Explanation {
  /** For those who call AWS KMS. */
  readonly meaning: string;
  /** The recommended action. */
  readonly advice: string;
}

interface Result {
  readonly check: Check;
  /** The result, in words that follow the name of the check. */
  readonly detail: string;
  /** Of the round trip, in ms. */
  readonly tookMs?: number;
}

interface Unremarkable extends Result {
  readonly outcome: 'ok' | 'skipped';
}

interface Remarkable extends Result, Explanation {
  readonly outcome: 'warning' | 'failed';
  /** The error code, if the key manager gave one. */
  readonly code?: KeyManagerErrorCode;
}

/** The result of one check of one node. */
export type DiagnosisFinding = Unremarkable | Remarkable;

/** All that was found of one node. */
export interface NodeDiagnosis {
  readonly name: string;
  readonly location: string | undefined;
  /**
   * As a server would have it; UNKNOWN where a server at work keeps the node from being looked at.
   */
  readonly status: HealthStatus | 'UNKNOWN';
  readonly findings: readonly DiagnosisFinding[];
}

/** A check that found what it should. */
export function ok(check: Check, detail: string): DiagnosisFinding {
  return { check, outcome: 'ok', detail };
}

/** A check that cannot be made. */
export function skipped(check: Check, detail: string): DiagnosisFinding {
  return { check, outcome: 'skipped', detail };
}

/** Tells whether every node is ACTIVE and no check failed. */
export function isSound(nodes: readonly NodeDiagnosis[]): boolean {
  return nodes.every(
    ({ status, findings }) =>
      status === 'ACTIVE' && findings.every(({ outcome }) => outcome !== 'failed'),
  );
}
