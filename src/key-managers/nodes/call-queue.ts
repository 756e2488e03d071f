import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';
import { CallDurations } from './call-durations.js';
import { ConcurrencyLimit } from './concurrency-limit.js';

/**
 * A node that takes longer for the calls of a request may have too many at once: KMS gives up after
 * 250 ms, and our own time is 140 ms by default.
 */
const SLOW_MS = 40;
/** The usual time is not enough for every call: some take longer. */
const MARGIN = 1.4;

/** The turn of a call that waits for it. */
class Turn {
  readonly place: number;
  readonly deadline: Deadline;
  readonly come: Promise<void>;
  hasCome = false;
  #settle: (error?: KeyManagerError) => void = () => undefined;

  constructor(place: number, deadline: Deadline) {
    this.place = place;
    this.deadline = deadline;
    this.come = new Promise((resolve, reject) => {
      this.#settle = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
    });
  }

  start(): void {
    this.hasCome = true;
    this.#settle();
  }

  refuse(message: string): void {
    this.#settle(new KeyManagerError('overloaded', message));
  }
}

/**
 * Lets so many calls through at once and keeps so many waiting. Those of requests that are under
 * way come first, then the others in the order in which they came: what was begun is finished.
 * A call that would wait in vain is refused at once: a late answer is worth nothing, and keeps
 * others from being answered in time.
 */
export class CallQueue {
  readonly #limit: ConcurrencyLimit;
  readonly #maxWaiting: number;
  readonly #waiting: Turn[] = [];
  readonly #durations = new CallDurations();
  #running = 0;
  #waited = 0;

  constructor(maxConcurrent: number, maxWaiting: number) {
    this.#limit = new ConcurrencyLimit(maxConcurrent);
    this.#maxWaiting = maxWaiting;
  }

  /** Calls so far that could not begin at once. */
  get waited(): number {
    return this.#waited;
  }

  /**
   * @param deadline until when the call may wait for its turn
   * @param place of the call among those of its request, from 0
   * @throws KeyManagerError `overloaded`, or what the call throws
   */
  async run<T>(call: () => Promise<T>, deadline: Deadline, place = 0): Promise<T> {
    if (this.#isFull) await this.#turn(deadline, place);
    else this.#running += 1;
    const startedAt = performance.now();
    const { span } = this.#limit;
    const note = (isLate: boolean): void => {
      const durationMs = performance.now() - startedAt;
      this.#durations.note(place, durationMs);
      const isSlow = this.#durations.untilEndMs(0) > SLOW_MS;
      const isWanted = this.#waiting.length > 0;
      this.#limit.note({ durationMs, span, isLate }, { isWanted, isSlow });
    };
    try {
      const done = await call();
      note(false);
      return done;
    } catch (error) {
      if (error instanceof KeyManagerError && error.code === 'deadline') note(true);
      throw error;
    } finally {
      this.#end();
    }
  }

  get #isFull(): boolean {
    return this.#running >= this.#limit.current;
  }

  /** A turn is handed over, not given back: nobody who comes later can take it. */
  #end(): void {
    this.#running -= 1;
    while (!this.#isFull) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.deadline.remainingMs() < this.#neededMs(next.place)) {
        next.refuse('its turn has come too late');
      } else {
        this.#running += 1;
        next.start();
      }
    }
  }

  /** Time that a request needs from its turn on. */
  #neededMs(place: number): number {
    return MARGIN * this.#durations.untilEndMs(place);
  }

  async #turn(deadline: Deadline, place: number): Promise<void> {
    this.#waited += 1;
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new KeyManagerError('overloaded', 'too many calls are waiting');
    }
    const ahead = this.#waiting.filter((each) => each.place >= place).length;
    const turnMs = (this.#durations.untilEndMs(0) * (ahead + 1)) / this.#limit.current;
    if (turnMs + this.#neededMs(place) > deadline.remainingMs()) {
      throw new KeyManagerError('overloaded', 'its turn would come too late');
    }
    const turn = new Turn(place, deadline);
    this.#waiting.splice(ahead, 0, turn);
    try {
      await deadline.race(
        turn.come,
        () => new KeyManagerError('overloaded', 'its turn did not come in time'),
      );
    } catch (error) {
      if (turn.hasCome) this.#end();
      else this.#leave(turn);
      throw error;
    }
  }

  #leave(turn: Turn): void {
    const index = this.#waiting.indexOf(turn);
    if (index >= 0) this.#waiting.splice(index, 1);
  }
}
