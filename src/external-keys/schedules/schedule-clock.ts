import { z } from 'zod';
import type { Clock } from '../../shared/clock.js';
import type { CollectionDefinition } from '../../state/collection.js';
import type { Collection, State } from '../../state/state.js';

const DOCUMENT = 'clock';
/** The mark of an unbroken history: a recovery of the store forgets every counter. */
const UNBROKEN = 'schedule-clock/unbroken';
/** The time between two writings. */
const STEP_MS = 60_000;
/** A process that was stopped for longer than this has not run all the while. */
const LONGEST_STEP_MS = 5 * STEP_MS;

const clockSchema = z.strictObject({
  /** Measured running time of the store's replicas, in milliseconds. */
  ranMs: z.number().min(0),
});

/** The measured running time of a store, as a document. */
type RanDocument = z.infer<typeof clockSchema>;

/** The collection of the measured running time: one document. */
export const scheduleClock: CollectionDefinition<RanDocument> = {
  name: 'schedule-clock',
  newest: { number: 1, schema: clockSchema },
};

/** The running time of a store that this replica has seen last, and which store it was. */
export interface SeenRunningTime {
  readonly storeId: string;
  readonly ranMs: number;
}

/** This replica's own memory of the running time, which a restored store does not have. */
export interface RunningTimeWitness {
  /** @returns undefined where this replica has none */
  read(): Promise<SeenRunningTime | undefined>;
  write(seen: SeenRunningTime): Promise<void>;
}

/** The parts that the clock of the schedules is made of. */
export interface ScheduleClockPorts {
  readonly state: Pick<State, 'collection' | 'counters' | 'storeId'>;
  readonly clock: Clock;
  readonly witness: RunningTimeWitness;
}

/**
 * The running time of a store, which replicas measure on their monotonic clocks: nobody can set it
 * forward. A waiting period ends when its date has come and this clock has gone on for as long.
 *
 * A replica adds the time since it saw the document that it replaces, and that document alone. So
 * the times that two replicas add never overlap, and what happens in between counts less, not more.
 */
export class ScheduleClock {
  readonly #ports: ScheduleClockPorts;
  readonly #collection: Collection<RanDocument>;
  /** The revision of the document when it was seen, and the monotonic time then. */
  #seen: { readonly revision: number; readonly at: number } | undefined;
  #remembered: number | undefined;

  constructor(ports: ScheduleClockPorts) {
    this.#ports = ports;
    this.#collection = ports.state.collection(scheduleClock);
  }

  /** The running time that was measured and written down, in milliseconds. */
  get ranMs(): number {
    const document = this.#collection.get(DOCUMENT);
    return document?.kind === 'value' ? document.value.ranMs : 0;
  }

  /**
   * Adds the time since the last writing, once a minute, where nobody else has added any since. The
   * first call after a start, a pause or somebody else's writing adds nothing.
   *
   * @throws StateError, or the witness's error
   */
  async count(): Promise<void> {
    const { clock } = this.#ports;
    const revision = this.#collection.get(DOCUMENT)?.revision ?? 0;
    const now = clock.monotonic();
    if (this.#seen?.revision !== revision) {
      this.#seen = { revision, at: now };
      return;
    }
    const passed = now - this.#seen.at;
    if (passed < STEP_MS) return;
    const ranMs = this.ranMs + Math.min(LONGEST_STEP_MS, passed);
    this.#seen = undefined;
    const put = await this.#collection.put(DOCUMENT, { ranMs }, revision);
    this.#seen = { revision: put.revision, at: now };
    await this.remember();
  }

  /** Forgets when it has counted last, because time may pass that is not to be counted. */
  pause(): void {
    this.#seen = undefined;
  }

  /**
   * Tells whether the store's history is unbroken since {@link beginHistory}. A store that was
   * recovered has forgotten it, and one that was restored has run for less time than this replica
   * has seen.
   *
   * @throws StateError, or the witness's error
   */
  async isUnbroken(): Promise<boolean> {
    if (await this.isOlderThanSeen()) return false;
    const counters = await this.#ports.state.counters.read(UNBROKEN);
    return counters.has(UNBROKEN);
  }

  /**
   * Tells whether this replica has seen a longer running time, or another store.
   *
   * @throws the witness's error
   */
  async isOlderThanSeen(): Promise<boolean> {
    const { state, witness } = this.#ports;
    const seen = await witness.read();
    if (seen === undefined) return false;
    return seen.storeId !== state.storeId || seen.ranMs > this.ranMs;
  }

  /** Remembers the running time on this replica's own disk. @throws the witness's error */
  async remember(): Promise<void> {
    const { state, witness } = this.#ports;
    const { ranMs } = this;
    if (this.#remembered === ranMs) return;
    // Nothing has waited yet, so there is nothing to remember.
    if (ranMs === 0 && (await witness.read()) === undefined) return;
    await witness.write({ storeId: state.storeId, ranMs });
    this.#remembered = ranMs;
  }

  /**
   * Breaks the history for every replica: whoever keeps the schedules lets waiting begin anew.
   *
   * @throws StateError, or the witness's error
   */
  async breakHistory(): Promise<void> {
    await this.#ports.state.counters.forget(UNBROKEN);
    this.#remembered = undefined;
    await this.remember();
  }

  /**
   * Marks the store's history as unbroken from now on.
   *
   * @throws StateError, or the witness's error
   */
  async beginHistory(): Promise<void> {
    await this.#ports.state.counters.raise(UNBROKEN, 0);
    await this.remember();
  }
}
