import { ConsecutiveBreaker, circuitBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel';
import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeyManagerErrorCode, type KeyManagerNode } from '../backend.js';
import { CallQueue } from './call-queue.js';
import type { MaybePromise } from '../maybe-promise.js';
import { CheckedNode } from './conditions.js';
import { withinDeadline } from '../within-deadline.js';
import type { NodeLimits } from './limits.js';

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
   * @param place of the call among those of its request, from 0
   * @throws KeyManagerError
   */
  run<T>(work: NodeWork<T>, limitMs: number, place = 0): MaybePromise<T> {
    const deadline = Deadline.after(this.#clock, limitMs);
    return this.node.inProcess
      ? work(this.node, deadline)
      : this.#runGuarded(work, deadline, place);
  }

  async #runGuarded<T>(work: NodeWork<T>, deadline: Deadline, place: number): Promise<T> {
    const limited = async (): Promise<T> =>
      withinDeadline(Promise.resolve(work(this.node, deadline)), deadline, 'the node');
    try {
      return await this.#queue.run(() => this.#breaker.execute(limited), deadline, place);
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      throw new KeyManagerError('unreachable', `${this.node.name} fails and is left alone`, {
        cause: error,
      });
    }
  }
}
