import { ConsecutiveBreaker, circuitBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel';
import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeyManagerErrorCode, type KeyManagerNode } from '../backend.js';
import { CallQueue } from './call-queue.js';
import type { MaybePromise } from '../maybe-promise.js';
import { CheckedNode } from './conditions.js';
import { withinDeadline } from '../within-deadline.js';
import type { NodeLimits } from './limits.js';
import { isSilence } from './node-failures.js';

/**
 * Failures that requests wait for. A quick refusal costs nothing, and may be about one key: whose
 * policy is missing, whose name two objects have, whose counter is damaged. Whoever asks for such a
 * key again and again must not keep all others from theirs. A full queue is our own doing.
 */
const CIRCUIT_BREAKERS: ReadonlySet<KeyManagerErrorCode> = new Set(['unreachable', 'deadline']);

function breaksCircuit(error: unknown): boolean {
  if (error instanceof LateAmongOthers) return false;
  return error instanceof KeyManagerError && CIRCUIT_BREAKERS.has(error.code);
}

/**
 * A call that had no answer in time from a node that has answered others meanwhile. The node is
 * well, and has too many calls: to leave it alone would refuse what it can do.
 */
class LateAmongOthers extends KeyManagerError {
  constructor(cause: KeyManagerError) {
    super('deadline', cause.message, { cause });
  }
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
  /** Answers so far, those that came too late too. */
  #answers = 0;

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
   * @throws KeyManagerError, `overloaded` where no time is left to ask the node
   */
  run<T>(work: NodeWork<T>, limitMs: number, place = 0): MaybePromise<T> {
    const deadline = Deadline.after(this.#clock, limitMs);
    return this.node.inProcess
      ? work(this.node, deadline)
      : this.#runGuarded(work, deadline, place);
  }

  async #runGuarded<T>(work: NodeWork<T>, deadline: Deadline, place: number): Promise<T> {
    const limited = (): Promise<T> => this.#limited(work, deadline);
    const call = (): Promise<T> => {
      // Before the circuit breaker, which is to know nothing of a call that nobody has made.
      if (deadline.hasPassed()) throw notAsked();
      return this.#breaker.execute(limited);
    };
    const waitedBefore = this.#queue.waited;
    try {
      return await this.#queue.run(call, deadline, place);
    } catch (error) {
      const { name } = this.node;
      if (error instanceof LateAmongOthers && this.#queue.waited > waitedBefore) {
        const cause = error;
        throw new KeyManagerError('overloaded', `${name} answers others instead`, { cause });
      }
      if (!isBrokenCircuitError(error)) throw error;
      throw new KeyManagerError('unreachable', `${name} fails and is left alone`, { cause: error });
    }
  }

  async #limited<T>(work: NodeWork<T>, deadline: Deadline): Promise<T> {
    const answersBefore = this.#answers;
    try {
      return await withinDeadline(this.#noted(work, deadline), deadline, 'the node');
    } catch (error) {
      const isLate = error instanceof KeyManagerError && error.code === 'deadline';
      throw isLate && this.#answers > answersBefore ? new LateAmongOthers(error) : error;
    }
  }

  async #noted<T>(work: NodeWork<T>, deadline: Deadline): Promise<T> {
    try {
      const done = await work(this.node, deadline);
      this.#answers += 1;
      return done;
    } catch (error) {
      if (!isSilence(error)) this.#answers += 1;
      throw error;
    }
  }
}

/** The refusal of a call that was not made: that is no fault of the node. */
function notAsked(): KeyManagerError {
  return new KeyManagerError('overloaded', 'no time was left to ask the node');
}
