import { StateError } from '../../state/errors.js';
import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import { KeyManagerError } from '../backend.js';
import { withinDeadline } from '../within-deadline.js';
import type { EncryptionBudget } from './encryption-budget.js';
import { RetriedTask } from './retried-task.js';

/** A key for which blocks of encryptions are reserved. */
export interface ReservingKey {
  readonly externalKeyId: string;
  /** The place where the count is kept, in the messages of errors, such as `the disk`. */
  readonly countedIn: string;
  /** False where the key gets no further block, whoever asks. */
  readonly mayReserve: boolean;
  /** Returns why {@link mayReserve} is false. */
  refusal(): KeyManagerError;
  /** Takes the next block and adds it to the budget of the version that encrypts. */
  takeBlock(): Promise<void>;
}

/** The parts of the process that a reservation needs. */
export interface ReservationPorts {
  readonly clock: Clock;
  readonly log: OperatorLog;
}

/**
 * The reservation of encryptions for one key, a block at a time.
 *
 * A block is taken from the count before it is used, and the next one when half of it is used. A
 * crash forgets how much of a block was used, and the whole of it counts: the count can be too
 * high, never too low.
 */
export class BlockReservation {
  readonly #key: ReservingKey;
  readonly #log: OperatorLog;
  readonly #reserving: RetriedTask;

  constructor(key: ReservingKey, { clock, log }: ReservationPorts) {
    this.#key = key;
    this.#log = log;
    this.#reserving = new RetriedTask(() => this.#reserve(), clock);
  }

  /** True if the last attempt failed and the key may have another one. */
  get isFailing(): boolean {
    return this.#reserving.isFailing && this.#key.mayReserve;
  }

  /**
   * Counts one encryption with the version that encrypts.
   *
   * @returns false for a used-up block: then {@link countWhenReserved}
   */
  count(budget: EncryptionBudget): boolean {
    const counted = budget.take();
    if (budget.isLow && this.#key.mayReserve) this.#reserving.runInBackground();
    return counted;
  }

  /**
   * Waits for the next block and counts one encryption.
   *
   * @param reserve takes a block for this budget, where it is not the one that encrypts
   * @throws KeyManagerError as {@link reserve}; `deadline`
   */
  async countWhenReserved(
    budget: EncryptionBudget,
    deadline: Deadline,
    reserve = () => this.reserve(),
  ): Promise<void> {
    while (!budget.take()) await withinDeadline(reserve(), deadline, this.#key.countedIn);
  }

  /**
   * Takes the next block, or joins those who wait for it.
   *
   * @throws KeyManagerError the key's refusal; `internal` where the block cannot be taken
   */
  async reserve(): Promise<void> {
    if (!this.#key.mayReserve) throw this.#key.refusal();
    await this.#reserving.run();
  }

  /** Resolves when no block is being taken. */
  settle(): Promise<void> {
    return this.#reserving.settle();
  }

  async #reserve(): Promise<void> {
    const { externalKeyId } = this.#key;
    const wasFailing = this.isFailing;
    try {
      await this.#key.takeBlock();
    } catch (cause) {
      if (!this.#key.mayReserve) throw this.#key.refusal();
      const message = `encryptions of ${externalKeyId} cannot be counted: ${reasonOf(cause)}`;
      if (!wasFailing) this.#log.error({ externalKeyId, err: cause }, message);
      throw new KeyManagerError('internal', message, { cause });
    }
    if (wasFailing) this.#log.info({ externalKeyId }, `${externalKeyId} is counted again`);
  }
}

/** Names the keys whose encryptions cannot be counted, for the health of their node. */
export function uncountedProblem(externalKeyIds: readonly string[]): string | undefined {
  if (externalKeyIds.length === 0) return undefined;
  return `encryptions cannot be counted, so Encrypt fails or will: ${externalKeyIds.join(', ')}`;
}

function reasonOf(cause: unknown): string {
  const isTold = cause instanceof KeyManagerError || cause instanceof StateError;
  return isTold ? cause.message : 'the write failed';
}
