import type { HealthStatus, KeyManagerErrorCode } from '../backend.js';

/** What is looked at on each node, in this order. */
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

/** What a failure means, in a sentence or two each. */
export interface Explanation {
  /** For those who call AWS KMS. */
  readonly meaning: string;
  /** What to do about it. */
  readonly advice: string;
}

interface Result {
  readonly check: Check;
  /** What was found, in words that stand after what was done. */
  readonly detail: string;
  /** Of the round trip, in ms. */
  readonly tookMs?: number;
}

interface Unremarkable extends Result {
  readonly outcome: 'ok' | 'skipped';
}

interface Remarkable extends Result, Explanation {
  readonly outcome: 'warning' | 'failed';
  /** Where the key manager gave one. */
  readonly code?: KeyManagerErrorCode;
}

/** What one check of one node found. */
export type DiagnosisFinding = Unremarkable | Remarkable;

/** All that was found of one node. */
export interface NodeDiagnosis {
  readonly name: string;
  readonly location: string | undefined;
  /** As a server would have it; UNKNOWN where a server at work keeps the node from being looked at. */
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

/** Whether KMS is served as it should be: every node ACTIVE, and no check failed. */
export function isSound(nodes: readonly NodeDiagnosis[]): boolean {
  return nodes.every(
    ({ status, findings }) =>
      status === 'ACTIVE' && findings.every(({ outcome }) => outcome !== 'failed'),
  );
}
