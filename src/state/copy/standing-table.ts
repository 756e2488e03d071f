import type { Clock } from '../../shared/clock.js';
import type { Standing } from '../state.js';
import type { CopyTerms } from './copy-ports.js';
import type { LeaseTable } from './lease-table.js';
import { Suspension } from './suspension.js';

/** Clocks are set back by as much now and then. */
const CLOCK_TOLERANCE_MS = 300_000;

/** The outcome of the questions to the store, from which the standing of a replica follows. */
export class StandingTable {
  readonly #clock: Clock;
  readonly #terms: CopyTerms;
  readonly #leases: LeaseTable;
  readonly #suspension: Suspension;
  /** On the monotonic clock. */
  #confirmedAt: number;
  #isConfirmed: boolean;
  #failure: string | undefined;
  #goneBack: string | undefined;
  /** True for a copy that was saved later than now, so that nobody knows how old it is. */
  readonly #isOfTimeToCome: boolean;

  /** @param savedAt the wall-clock time of the copy, where it came from this replica's disk */
  constructor(clock: Clock, terms: CopyTerms, leases: LeaseTable, savedAt: Date | undefined) {
    this.#clock = clock;
    this.#terms = terms;
    this.#leases = leases;
    this.#suspension = new Suspension(clock);
    this.#isConfirmed = savedAt === undefined;
    const ageMs = savedAt === undefined ? 0 : clock.now() - savedAt.getTime();
    this.#isOfTimeToCome = ageMs < -CLOCK_TOLERANCE_MS;
    this.#confirmedAt = clock.monotonic() - Math.max(0, ageMs);
  }

  /** The reason why the store is not believed; undefined where it is. */
  get goneBack(): string | undefined {
    return this.#goneBack;
  }

  /** True once the store has been asked since the start. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** True while the store cannot be asked. */
  get isFailing(): boolean {
    return this.#failure !== undefined;
  }

  /** @param askedAt the monotonic time before the store was asked */
  confirmed(askedAt: number): void {
    this.#confirmedAt = askedAt;
    this.#isConfirmed = true;
    this.#failure = undefined;
  }

  failed(message: string): void {
    this.#failure = message;
  }

  wentBack(message: string): void {
    this.#goneBack = message;
  }

  /** The store has taken a change of this replica again. */
  believed(): void {
    this.#goneBack = undefined;
  }

  get kind(): Standing['kind'] {
    const isAlone = !this.#leases.isHeld || this.isFailing;
    if (this.ageMs > this.#terms.maxStalenessMs) return 'stale';
    if (this.#isOfTimeToCome && !this.#isConfirmed) return 'stale';
    if (this.#terms.whenAlone === 'refuse' && !this.#leases.isHeld) return 'stale';
    if (this.#goneBack !== undefined) return 'gone-back';
    if (!this.#isConfirmed) return 'from-copy';
    return isAlone ? 'alone' : 'in-step';
  }

  /** True after the process was suspended, until the store has been asked. */
  get hasReturned(): boolean {
    return this.#suspension.hasReturned;
  }

  /** Asks the store, and takes note that it was asked. */
  during(ask: () => Promise<void>): Promise<void> {
    this.#suspension.start();
    return this.#suspension.during(ask);
  }

  close(): void {
    this.#suspension.stop();
  }

  get #age(): string {
    if (this.#isOfTimeToCome && !this.#isConfirmed) {
      return 'a copy that was saved later than this clock says it is now';
    }
    return `${Math.round(this.ageMs / 1000)} s old`;
  }

  get ageMs(): number {
    return this.#clock.monotonic() - this.#confirmedAt;
  }

  get problems(): readonly string[] {
    const kind = this.kind;
    const says: Record<Standing['kind'], readonly string[]> = {
      'in-step': [],
      alone: [
        'the state store cannot be asked: requests are answered as before, and changes refused ' +
          `until it answers: ${this.#failure ?? 'the lease has ended'}`,
      ],
      'from-copy': [
        'the state store has not been reached since the start: this replica decrypts by its last ' +
          `copy and does not encrypt: ${this.#failure ?? 'not asked yet'}`,
      ],
      'gone-back': [
        `the state store has lost changes, and takes none until holdfast state recover: ${this.#goneBack ?? ''}`,
      ],
      stale: [
        `the state is ${this.#age}, and this replica serves no more: ${this.#failure ?? this.#goneBack ?? 'the lease has ended'}`,
      ],
    };
    return says[kind];
  }
}
