/** The limits of a node: time for an attempt, calls at once and waiting, circuit breaker. */
export interface NodeLimits {
  /** One try on one node; a second one on another node follows if the deadline allows. */
  readonly attemptTimeoutMs: number;
  /** Calls that a node works on at once. */
  readonly maxConcurrent: number;
  /** Calls that wait for one of these; more are answered with ThrottlingException. */
  readonly maxWaiting: number;
  /** Failures in a row after which a node is left alone. */
  readonly breakAfterFailures: number;
  /** For how long it is left alone before one call tries it again. */
  readonly breakForMs: number;
}

/**
 * Two attempts of 60 ms fit into the default deadline of 140 ms. A node that answers in 1 ms works
 * off what waits in 4 ms, one that takes 20 ms in 80.
 */
export const DEFAULT_NODE_LIMITS: NodeLimits = {
  attemptTimeoutMs: 60,
  maxConcurrent: 64,
  maxWaiting: 256,
  breakAfterFailures: 5,
  breakForMs: 2_000,
};
