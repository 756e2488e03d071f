import { ConsecutiveBreaker, circuitBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel';
import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeyManagerErrorCode, type KeyManagerNode } from '../backend.js';
import { CallQueue } from './call-queue.js';
import type { MaybePromise } from '../maybe-promise.js';
import { CheckedNode } from './conditions.js';
import { withinDeadline } from '../within-deadline.js';
import type { NodeLimits } from './limits.js';

/** Failures that say something about the node and nothing about the request: another may do. */
const NODE_FAILURES: ReadonlySet<KeyManagerErrorCode> = new Set([
  'unreachable',
  'misconfigured',
  'overloaded',
  'deadline',
  'internal',
]);

/** Errors of a node that lags behind the others, for a key or version that was just made. */
const ABSENCES: ReadonlySet<KeyManagerErrorCode> = new Set(['key-not-found', 'version-not-found']);

/** True for an error of one node after which another one might succeed. */
export function mayDoElsewhere(error: unknown): boolean {
  return isNodeFailure(error) || (error instanceof KeyManagerError && ABSENCES.has(error.code));
}

/** True for an error that says something about the node and nothing about the request. */
export function isNodeFailure(error: unknown): boolean {
  return error instanceof KeyManagerError && NODE_FAILURES.has(error.code);
}

/**
 * Failures that requests wait for. A quick refusal costs nothing, and may be about one key: whose
 * policy is missing, whose name two objects have, whose counter is damaged. Whoever asks for such a
 * key again and again must not keep all others from theirs. A full queue is our own doing.
 */
const CIRCUIT_BREAKERS: ReadonlySet<KeyManagerErrorCode> = new Set(['unreachable', 'deadline']);

function breaksCircuit(error: unknown): boolean {
  return error instanceof KeyManagerError && CIRCUIT_BREAKERS.has(error.code);
}

/** A call of a node. */
export type NodeWork<T> = (node: CheckedNode, deadline: Deadline) => MaybePromise<T>;

/** A node with checks, a time limit, a queue and a circuit breaker around every call. */
export class GuardedNode {
  readonly node: CheckedNode;
  readonly #clock: Clock;
  readonly #queue: CallQueue;
  readonly #breakForMs: number;
  readonly #breaker;
  #brokenAt = Number.NEGATIVE_INFINITY;

  constructor(node: KeyManagerNode, limits: NodeLimits, clock: Clock) {
    this.node = new CheckedNode(node);
    this.#clock = clock;
    this.#queue = new CallQueue(limits.maxConcurrent, limits.maxWaiting);
    this.#breakForMs = limits.breakForMs;
    this.#breaker = circuitBreaker(handleWhen(breaksCircuit), {
      halfOpenAfter: limits.breakForMs,
      breaker: new ConsecutiveBreaker(limits.breakAfterFailures),
    });
    this.#breaker.onBreak(() => {
      this.#brokenAt = clock.monotonic();
    });
  }

  /** True while calls are refused without being tried. Ends by itself; the next one is a trial. */
  get isLeftAlone(): boolean {
    return this.#clock.monotonic() - this.#brokenAt < this.#breakForMs;
  }

  /**
   * @param limitMs for waiting and working together
   * @throws KeyManagerError
   */
  run<T>(work: NodeWork<T>, limitMs: number): MaybePromise<T> {
    const deadline = Deadline.after(this.#clock, limitMs);
    return this.node.inProcess ? work(this.node, deadline) : this.#runGuarded(work, deadline);
  }

  async #runGuarded<T>(work: NodeWork<T>, deadline: Deadline): Promise<T> {
    const limited = async (): Promise<T> =>
      withinDeadline(Promise.resolve(work(this.node, deadline)), deadline, 'the node');
    try {
      return await this.#queue.run(() => this.#breaker.execute(limited), deadline);
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      throw new KeyManagerError('unreachable', `${this.node.name} fails and is left alone`, {
        cause: error,
      });
    }
  }
}
