import type { Clock } from '../../shared/clock.js';
import type { OperatorLog } from '../../shared/operator-log.js';

/** Time from one look to the next. */
const LOOK_MS = 1_000;
/** The time for which something is left aside before it is logged: a start, or a leap of clocks. */
const LASTING_MS = 5_000;

/** The sentences that {@link ToldProblems} logs. */
export interface ToldSources {
  /** The problems that there are. */
  readonly problems: () => readonly string[];
  /** The sentences about what counts for nothing. */
  readonly leftAside: () => readonly string[];
}

/** The log's side of what status and metrics show as long as it lasts: a line for each. */
export class ToldProblems {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #log: OperatorLog;
  readonly #sources: ToldSources;
  #told: ReadonlySet<string> = new Set();
  #asideSince: ReadonlyMap<string, number> = new Map();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    { clock, log }: { readonly clock: Clock; readonly log: OperatorLog },
    sources: ToldSources,
  ) {
    this.#clock = clock;
    this.#log = log;
    this.#sources = sources;
  }

  /** Logs the problems that were not there before. */
  tell(): void {
    const problems = this.#sources.problems();
    for (const each of problems) if (!this.#told.has(each)) this.#log.error({}, each);
    this.#told = new Set(problems);
  }

  /** Logs problems, and what has been left aside for a while. Looks now and then. */
  look(): void {
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    this.tell();
    const before = this.#asideSince;
    this.#asideSince = new Map(
      this.#sources.leftAside().map((each) => [each, this.#sinceOf(each, before, now)]),
    );
  }

  /** @returns the time since which it is left aside; infinity once it is logged */
  #sinceOf(sentence: string, before: ReadonlyMap<string, number>, now: number): number {
    const since = before.get(sentence) ?? now;
    if (since === Infinity || now - since < LASTING_MS) return since;
    this.#log.warn({}, sentence);
    return Infinity;
  }
}
