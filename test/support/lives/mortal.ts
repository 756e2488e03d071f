import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { StateError } from '../../../src/state/errors.js';

/** The places in which a process changes something. */
export type ChangedPlace = 'state' | 'key-manager' | 'disk';

/** Something that goes wrong at one of the changes that a process makes. */
export interface Fault {
  /** `crash` at any change; `lost` for an answer that gets lost. */
  readonly kind: 'crash' | 'lost-write' | 'lost-call';
  /** Changes of that kind before it. */
  readonly after: number;
  /** Tells whether the change is made at which it happens. */
  readonly made: boolean;
}

/** The end of a process, to whatever still runs in it. */
export class KilledError extends Error {
  override readonly name = 'KilledError';
}

const PLACES: Readonly<Record<Fault['kind'], readonly ChangedPlace[]>> = {
  crash: ['state', 'key-manager', 'disk'],
  'lost-write': ['state'],
  'lost-call': ['key-manager'],
};

/**
 * The life of one process: all that it does elsewhere goes through it, so that it can end between
 * any two changes. A process that has ended changes nothing and learns nothing any more.
 */
export class Mortal {
  isDead = false;
  /** Resolves when it has ended, and the change at which it did is made, if it is. */
  readonly ended: Promise<void>;
  /** True once a fault has happened since this was false. */
  hasStruck = false;
  #fault: Fault | undefined;
  #left = 0;
  #end: () => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Plans a fault for what the process does from now on, in place of one that has not struck. */
  plan(fault: Fault): void {
    this.#fault = fault;
    this.#left = fault.after;
  }

  /** Spares the process the fault that was planned. */
  spare(): void {
    this.#fault = undefined;
  }

  /** Ends the process between two changes. */
  kill(): void {
    this.isDead = true;
    this.#end();
  }

  /** Does what changes nothing. */
  async look<T>(work: () => T | PromiseLike<T>): Promise<T> {
    this.#assertLives();
    const seen = await work();
    this.#assertLives();
    return seen;
  }

  /** Does what changes something, unless the fault strikes. */
  async change<T>(place: ChangedPlace, work: () => T | PromiseLike<T>): Promise<T> {
    this.#assertLives();
    const fault = this.#struckAt(place);
    if (fault === undefined) return this.look(work);
    if (fault.kind === 'crash') this.isDead = true;
    // Nobody hears whether it was refused.
    if (fault.made) await Promise.resolve(work()).catch(() => undefined);
    if (fault.kind === 'crash') this.kill();
    throw lossOf(fault);
  }

  /** Waits for what the process does, unless it ends before. @throws KilledError */
  async untilEnd(work: Promise<unknown>): Promise<void> {
    await Promise.race([work, this.ended]);
    this.#assertLives();
  }

  #struckAt(place: ChangedPlace): Fault | undefined {
    const fault = this.#fault;
    if (fault === undefined || !PLACES[fault.kind].includes(place)) return undefined;
    this.#left -= 1;
    if (this.#left >= 0) return undefined;
    this.#fault = undefined;
    this.hasStruck = true;
    return fault;
  }

  #assertLives(): void {
    if (this.isDead) throw new KilledError('killed');
  }
}

function lossOf({ kind, made }: Fault): Error {
  if (kind === 'crash') return new KilledError('killed');
  if (kind === 'lost-call') return new KeyManagerError('unreachable', 'the call got lost');
  return new StateError(made ? 'outcome-unknown' : 'unavailable', 'the write got lost');
}
