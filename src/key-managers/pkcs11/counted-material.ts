import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeyRef } from '../backend.js';
import { BlockReservation, type ReservingKey } from '../counting/block-reservation.js';
import { BLOCK_SIZE, type CountingLimits, RANDOM_IV_LIMIT } from '../counting/counting-limits.js';
import { EncryptionBudget } from '../counting/encryption-budget.js';
import type { BackendPorts } from '../definition.js';
import type { CountSource, KnownCount } from './counts/count-source.js';

/**
 * Computes how many encryptions this replica may make under one key.
 *
 * @param prior encryptions that each key may have made before Holdfast used it
 */
export function limitsFor(replicas: number, prior: number): CountingLimits {
  return { blockSize: BLOCK_SIZE, perVersion: Math.floor((RANDOM_IV_LIMIT - prior) / replicas) };
}

/** The part of its encryptions that a key has left when the log warns of its limit. */
const WARNING_PART = 1 / 10;

/** Ports that the composition hands to the count of one key. */
export interface CountPorts {
  readonly ports: BackendPorts;
  /** The source of blocks as things are now. */
  readonly source: () => CountSource;
}

/**
 * Counts the encryptions under one key's material. A token cannot replace the material by itself:
 * at the limit, Encrypt is refused.
 */
export class CountedMaterial implements ReservingKey {
  /** Time at which Holdfast created the material; absent for material created elsewhere. */
  readonly createdAt: string | undefined;
  readonly #ref: KeyRef;
  readonly #budget: EncryptionBudget;
  readonly #countPorts: CountPorts;
  readonly #blocks: BlockReservation;
  /** Encryptions that all replicas may have made, if they share the count. */
  #known: number;
  /** The limit at which no block was left. */
  #fullAt: number | undefined;
  #isWarned = false;

  /** @param known as the source has it */
  constructor(ref: KeyRef, known: KnownCount, countPorts: CountPorts) {
    this.createdAt = known.createdAt;
    this.#ref = ref;
    this.#budget = EncryptionBudget.spent(known.reserved);
    this.#known = known.reserved;
    this.#countPorts = countPorts;
    this.#blocks = new BlockReservation(this, countPorts.ports);
  }

  get ref(): KeyRef {
    return this.#ref;
  }

  get externalKeyId(): string {
    return this.#ref.externalKeyId;
  }

  /** True when the last attempt to reserve a block failed. */
  get isFailing(): boolean {
    return this.#blocks.isFailing;
  }

  /** Number of encryptions that may have been made, as far as this replica knows. */
  get made(): number {
    return this.#known;
  }

  /** Number of encryptions that are left. */
  get left(): number {
    const unreserved = this.#isFull ? 0 : Math.max(0, this.#source.limit - this.#known);
    return unreserved + this.#budget.left;
  }

  /** Notes how far the count has come, as its source has it. */
  learn(count: number): void {
    this.#known = Math.max(this.#known, count);
  }

  /** Counts one encryption. @returns false for a used-up block: then {@link countWhenReserved} */
  count(): boolean {
    return this.#blocks.count(this.#budget);
  }

  /** Reserves a block before the first encryption. @throws KeyManagerError as below */
  reserve(): Promise<void> {
    return this.#blocks.reserve();
  }

  /** @throws KeyManagerError `exhausted`, `internal`, `deadline` */
  countWhenReserved(deadline: Deadline): Promise<void> {
    return this.#blocks.countWhenReserved(this.#budget, deadline);
  }

  /** Resolves when nothing is being reserved. */
  settle(): Promise<void> {
    return this.#blocks.settle();
  }

  get countedIn(): string {
    return this.#source.name;
  }

  get mayReserve(): boolean {
    return !this.#isFull;
  }

  refusal(): KeyManagerError {
    return new KeyManagerError('exhausted', this.#exhaustion);
  }

  /** Called by the reservation alone: see {@link reserve}. */
  async takeBlock(): Promise<void> {
    const { clock, log } = this.#countPorts.ports;
    const source = this.#source;
    const { limit } = source;
    const size = this.#budget.nextBlockSize(source, clock.monotonic());
    const known = { reserved: this.#budget.reserved, createdAt: this.createdAt };
    const block = await source.take(this.#ref, known, size);
    if (typeof block === 'object') {
      this.#budget.add(block, clock.monotonic());
      this.learn(block.to);
    } else {
      this.#fullAt = block === 'unknown' ? Infinity : limit;
      const { externalKeyId } = this;
      if (block === 'unknown') log.error({ externalKeyId }, this.#exhaustion);
    }
    this.#warnOfTheLimit();
  }

  get #source(): CountSource {
    return this.#countPorts.source();
  }

  /** More may be had when the limit rises: then more replicas have given their shares. */
  get #isFull(): boolean {
    return this.#fullAt !== undefined && this.#source.limit <= this.#fullAt;
  }

  get #exhaustion(): string {
    const what =
      this.#fullAt === Infinity
        ? 'may have made any number of encryptions: the state store has lost its count'
        : 'has made all the encryptions that random IVs allow';
    return `${this.externalKeyId} ${what}; create a new version of it in the token. Decrypt still works.`;
  }

  #warnOfTheLimit(): void {
    const { log } = this.#countPorts.ports;
    if (this.#isWarned || this.left > this.#source.limit * WARNING_PART) return;
    this.#isWarned = true;
    const { externalKeyId, left: encryptionsLeft } = this;
    log.warn(
      { externalKeyId, encryptionsLeft },
      `${externalKeyId} has ${encryptionsLeft} encryptions left; create a new version in the token`,
    );
  }
}
