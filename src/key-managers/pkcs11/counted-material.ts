import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeyRef } from '../backend.js';
import { renderCounterFile } from '../counting/counter-file.js';
import { BLOCK_SIZE, type CountingLimits } from '../counting/counting-limits.js';
import { EncryptionBudget } from '../counting/encryption-budget.js';
import { RetriedTask } from '../counting/retried-task.js';
import { withinDeadline } from '../within-deadline.js';
import type { BackendPorts } from '../definition.js';

/** Random 96-bit IVs allow so many encryptions under one key. @see NIST SP 800-38D, section 8.3 */
const MAX_ENCRYPTIONS = 2 ** 32;

/**
 * Computes how many encryptions this replica may make under one key.
 *
 * @param prior encryptions that each key may have made before Holdfast used it
 */
export function limitsFor(replicas: number, prior: number): CountingLimits {
  return { blockSize: BLOCK_SIZE, perVersion: Math.floor((MAX_ENCRYPTIONS - prior) / replicas) };
}

/** The contents of a counter file. */
export interface KnownCount {
  /** Encryptions that may have been made, by this process or before it. */
  readonly reserved: number;
  readonly createdAt?: string | undefined;
}

/** The part of its encryptions that a key has left when the log warns of its limit. */
const WARNING_PART = 1 / 10;

/** Ports that the composition hands to the count of one key. */
export interface CountPorts {
  readonly limits: CountingLimits;
  readonly ports: BackendPorts;
  /** Replaces the counter file. */
  readonly write: (text: string) => Promise<void>;
}

/**
 * Counts the encryptions under one key's material. A block is reserved on disk before it is used;
 * the next one is reserved when half of it is used. After a crash the whole block counts as used. A
 * token cannot replace the material by itself: at the limit, Encrypt is refused.
 */
export class CountedMaterial {
  /** Time at which Holdfast created the material; absent for material created elsewhere. */
  readonly createdAt: string | undefined;
  readonly #ref: KeyRef;
  readonly #budget: EncryptionBudget;
  readonly #countPorts: CountPorts;
  readonly #reserving: RetriedTask;
  #isWarned = false;

  /** @param known as the counter file has it */
  constructor(ref: KeyRef, known: KnownCount, countPorts: CountPorts) {
    this.createdAt = known.createdAt;
    this.#ref = ref;
    this.#budget = EncryptionBudget.spent(known.reserved);
    this.#countPorts = countPorts;
    this.#reserving = new RetriedTask(() => this.#reserve(), countPorts.ports.clock);
  }

  get ref(): KeyRef {
    return this.#ref;
  }

  get externalKeyId(): string {
    return this.#ref.externalKeyId;
  }

  /** True when the last attempt to write the counter failed. */
  get isFailing(): boolean {
    return this.#reserving.isFailing;
  }

  /** Number of encryptions that are left. */
  get left(): number {
    return Math.max(0, this.#countPorts.limits.perVersion - this.#budget.used);
  }

  /**
   * Counts one encryption.
   *
   * @returns false when the block is used up; then call {@link countWhenReserved}
   */
  count(): boolean {
    const counted = this.#budget.take();
    if (this.#budget.isLow && !this.#isFull) this.#reserving.runInBackground();
    return counted;
  }

  /** Writes the counter before the first encryption. @throws KeyManagerError `internal` */
  reserve(): Promise<void> {
    return this.#reserving.run();
  }

  /** @throws KeyManagerError `exhausted`, `internal`, `deadline` */
  async countWhenReserved(deadline: Deadline): Promise<void> {
    while (!this.#budget.take()) {
      if (this.#isFull) {
        throw new KeyManagerError(
          'exhausted',
          `${this.externalKeyId} has made all the encryptions that random IVs allow; ` +
            'create a new version of it in the token. Decrypt still works.',
        );
      }
      await withinDeadline(this.#reserving.run(), deadline, 'the disk');
    }
  }

  /** Resolves when no write is under way. */
  settle(): Promise<void> {
    return this.#reserving.settle();
  }

  get #isFull(): boolean {
    return this.#budget.reserved >= this.#countPorts.limits.perVersion;
  }

  async #reserve(): Promise<void> {
    const { limits, ports, write } = this.#countPorts;
    const { externalKeyId, version } = this.#ref;
    const wasFailing = this.isFailing;
    const from = this.#budget.reserved;
    const reserved = Math.min(from + limits.blockSize, limits.perVersion);
    try {
      await write(
        renderCounterFile({
          format: 1,
          externalKeyId,
          version: version.version,
          materialName: version.materialName.toString('hex'),
          reserved,
          createdAt: this.createdAt,
        }),
      );
    } catch (cause) {
      const message = `encryptions of ${externalKeyId} cannot be counted: the write failed`;
      if (!wasFailing) ports.log.error({ externalKeyId, err: cause }, message);
      throw new KeyManagerError('internal', message, { cause });
    }
    if (wasFailing) ports.log.info({ externalKeyId }, `${externalKeyId} is counted again`);
    this.#budget.add({ from, to: reserved });
    this.#warnOfTheLimit();
  }

  #warnOfTheLimit(): void {
    const { limits, ports } = this.#countPorts;
    if (this.#isWarned || this.left > limits.perVersion * WARNING_PART) return;
    this.#isWarned = true;
    const { externalKeyId, left: encryptionsLeft } = this;
    ports.log.warn(
      { externalKeyId, encryptionsLeft },
      `${externalKeyId} has ${encryptionsLeft} encryptions left; create a new version in the token`,
    );
  }
}
