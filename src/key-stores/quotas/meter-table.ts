import { type Limit, Meter } from './meter.js';

/** Meters by name; beyond these, all others share one. */
const MAX_METERS = 10_000;
/** Meters that are looked at for one that can be forgotten. */
const LOOKED_AT = 4;

/**
 * Meters by name, of which there may be any number. Those that are at rest are forgotten, the
 * longest unused first. A meter that limits somebody never is: where there is no room, a new name
 * shares a meter with all others for which there was none.
 */
export class MeterTable {
  readonly #meters = new Map<string, Meter>();
  readonly #shared = new Meter();
  readonly #maxMeters: number;

  constructor(maxMeters = MAX_METERS) {
    this.#maxMeters = maxMeters;
  }

  /** The number of names that have a meter of their own. */
  get size(): number {
    return this.#meters.size;
  }

  /** @param now in ms, of a clock that never goes back */
  of(name: string, limit: Limit, now: number): Meter {
    const known = this.#meters.get(name);
    if (known !== undefined) {
      this.#meters.delete(name);
      this.#meters.set(name, known);
      return known;
    }
    if (this.#meters.size >= this.#maxMeters && !this.#forgetOne(limit, now)) return this.#shared;
    const made = new Meter();
    this.#meters.set(name, made);
    return made;
  }

  #forgetOne(limit: Limit, now: number): boolean {
    let looked = 0;
    for (const [name, meter] of this.#meters) {
      if (meter.isAtRest(limit, now)) return this.#meters.delete(name);
      looked += 1;
      if (looked === LOOKED_AT) return false;
    }
    return false;
  }
}
