const MINUTE_MS = 60_000;
/** Kinds may be made of what strangers or servers say; beyond these, all others are one kind. */
const MAX_KINDS = 200;
const OTHERS = 'others';

/** How a flood of events is told of. */
export interface MinuteSamplerOptions {
  /** So many of a kind are told of one by one in a minute. */
  readonly perKind: number;
  /** Tells, when the minute is over, how many more of that kind there were. */
  readonly tellOmitted: (kind: string, count: number) => void;
}

/** Lets the first events of each kind through in every minute, and counts the others. */
export class MinuteSampler {
  readonly #options: MinuteSamplerOptions;
  readonly #counts = new Map<string, number>();
  #minute: NodeJS.Timeout | undefined;

  constructor(options: MinuteSamplerOptions) {
    this.#options = options;
  }

  /** @returns whether this one is to be told of by itself */
  admits(kind: string): boolean {
    this.#minute ??= setTimeout(() => {
      this.endMinute();
    }, MINUTE_MS).unref();
    const counted = this.#counts.has(kind) || this.#counts.size < MAX_KINDS ? kind : OTHERS;
    const count = 1 + (this.#counts.get(counted) ?? 0);
    this.#counts.set(counted, count);
    return count <= this.#options.perKind;
  }

  /** Tells what was left out, and begins anew. */
  endMinute(): void {
    clearTimeout(this.#minute);
    this.#minute = undefined;
    const { perKind, tellOmitted } = this.#options;
    for (const [kind, count] of this.#counts) {
      if (count > perKind) tellOmitted(kind, count - perKind);
    }
    this.#counts.clear();
  }
}
