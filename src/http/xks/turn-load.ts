import type { StrangerTurns } from './stranger-turns.js';
import { MIN_IDLE_MS } from './turn-end.js';

/**
 * Parts of the difference by which the cost of a request follows what a turn says of it. A turn in
 * which the machine did something else says too much, so that the cost rises slowly.
 */
const FOLLOWED = { up: 1 / 64, down: 1 / 4 } as const;
/** A turn that strangers had more of tells nothing of what the requests of others cost. */
const MOST_OF_STRANGERS = 0.25;
/** Cost of a request that is turned away, as a part of one that is served. */
const REFUSAL_COST = 0.25;
/** Work for one turn of the event loop, where it has been busy for long. */
const SUSTAINED_MS = 20;
/** The same in a burst, which may be over soon. */
const BURST_MS = 60;
/** A loop that has been busy for longer is not in a burst any more. */
const LONGEST_BURST_MS = 100;
/** So many are let in each turn, whatever they cost. */
const MIN_ADMITTED = 8;

/** The clock and the idleness of the event loop; a test has others. */
export interface LoopTimes {
  /** Monotonic, in ms. */
  now(): number;
  /** Time for which the event loop has been idle since its start, in ms. */
  idleMs(): number;
  /** Has something done at the end of the event loop's turn. */
  atTurnEnd(work: () => void): void;
}

const LOOP: LoopTimes = {
  now: () => performance.now(),
  idleMs: () => performance.eventLoopUtilization().idle,
  atTurnEnd: (work) => {
    setImmediate(work);
  },
};

/**
 * The requests of authenticated connections that one turn of the event loop takes, over all
 * listeners; strangers have their own part of a turn. What has arrived while the last turn went on
 * is found all at once, and is served in one row before anything that comes later. Where that row
 * would take longer than a turn may, the rest of it would be late, and whatever comes next later
 * still: so the rest is turned away.
 */
export class TurnLoad {
  readonly #loop: LoopTimes;
  readonly #strangers: Pick<StrangerTurns, 'totalMs'>;
  readonly #onFull: () => void;
  #isScheduled = false;
  #admitted = 0;
  #asked = 0;
  #refused = 0;
  #ofAccounts = new Map<string, number>();
  /** Accounts that came in the turn before. */
  #accountsBefore = 1;
  #weightBefore = 0;
  #isTight = false;
  #endedAt: number;
  #idleMs: number;
  #strangersMs: number;
  #busySince: number;
  /** Of a request that is served; 0 where nothing is known of it. */
  #costMs = 0;
  #limit = Infinity;

  /** @param onFull called when the first request of a turn is to be turned away */
  constructor(
    strangers: Pick<StrangerTurns, 'totalMs'>,
    onFull: () => void,
    loop: LoopTimes = LOOP,
  ) {
    this.#loop = loop;
    this.#strangers = strangers;
    this.#onFull = onFull;
    this.#endedAt = loop.now();
    this.#busySince = this.#endedAt;
    this.#idleMs = loop.idleMs();
    this.#strangersMs = strangers.totalMs;
  }

  /**
   * True when requests are turned away, or will be soon: then each is to be asked for with its
   * account.
   */
  get isTight(): boolean {
    return this.#isTight || this.#admitted * 2 > this.#limit;
  }

  /** True when even accounts that have had less than their part are turned away. */
  get isOverfull(): boolean {
    return this.#admitted > 2 * this.#limit;
  }

  /** Requests have been let in without a question. */
  letIn(requests: number): void {
    if (requests === 0) return;
    this.#admitted += requests;
    this.#schedule();
  }

  /**
   * Asks whether a request may be let in; if so, {@link letIn} counts it. Within the limit all may;
   * beyond it, an account that has had less than its part.
   */
  admits(account: string): boolean {
    this.#schedule();
    const own = this.#ofAccounts.get(account) ?? 0;
    const accounts = Math.max(this.#ofAccounts.size, this.#accountsBefore);
    // Nobody was asked for the accounts of those that came before the turn was tight.
    const had = own + (this.#admitted - this.#asked) / accounts;
    if (this.#admitted >= this.#limit && had >= this.#limit / accounts) {
      this.#refused += 1;
      if (this.#refused === 1) this.#onFull();
      return false;
    }
    this.#asked += 1;
    this.#ofAccounts.set(account, own + 1);
    return true;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#loop.atTurnEnd(() => {
      this.#isScheduled = false;
      this.#endTurn();
    });
  }

  #endTurn(): void {
    const now = this.#loop.now();
    const idleMs = this.#loop.idleMs();
    const strangersMs = this.#strangers.totalMs;
    const weight = this.#admitted + this.#refused * REFUSAL_COST;
    if (idleMs - this.#idleMs >= MIN_IDLE_MS) this.#busySince = now;
    else this.#learn(now - this.#endedAt, strangersMs - this.#strangersMs, weight);
    const turnMs = now - this.#busySince > LONGEST_BURST_MS ? SUSTAINED_MS : BURST_MS;
    this.#limit =
      this.#costMs === 0 ? Infinity : Math.max(MIN_ADMITTED, Math.round(turnMs / this.#costMs));
    this.#isTight = this.#refused > 0;
    this.#accountsBefore = Math.max(1, this.#ofAccounts.size);
    this.#ofAccounts = new Map();
    this.#weightBefore = weight;
    this.#admitted = 0;
    this.#asked = 0;
    this.#refused = 0;
    this.#endedAt = now;
    this.#idleMs = idleMs;
    this.#strangersMs = strangersMs;
  }

  #learn(passedMs: number, strangersMs: number, weight: number): void {
    if (strangersMs > passedMs * MOST_OF_STRANGERS) return;
    // What was read in the turn before was served in this one.
    const costMs = (2 * (passedMs - strangersMs)) / (weight + this.#weightBefore);
    if (this.#costMs === 0) {
      this.#costMs = costMs;
      return;
    }
    const difference = costMs - this.#costMs;
    this.#costMs += difference * (difference > 0 ? FOLLOWED.up : FOLLOWED.down);
  }
}
