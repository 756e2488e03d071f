import type { KeyActs } from '../lifecycle/lifecycle-ports.js';

/** The time of a round of the scheduler. */
export interface Round {
  /** Wall-clock time, in ms since 1970. */
  readonly now: number;
  /** Measured running time of the store, in ms. */
  readonly ranMs: number;
  /** False once the round has taken long enough, or the scheduler stops: the rest comes later. */
  goesOn(): boolean;
}

/** Something that the holder of the schedules does each round to the keys of one key manager. */
export interface ScheduledWork {
  /** Does what is due. A failure with one key is logged or told, and keeps no other one up. */
  run(acts: KeyActs, round: Round): Promise<void>;
}

/** Does something for each of many, a few at the same time, while the round goes on. */
export async function forEachFew<T>(
  all: readonly T[],
  few: number,
  round: Pick<Round, 'goesOn'>,
  work: (each: T) => Promise<void>,
): Promise<void> {
  const rest = all.values();
  const worker = async () => {
    for (const each of rest) {
      if (!round.goesOn()) return;
      await work(each);
    }
  };
  await Promise.all(Array.from({ length: few }, worker));
}
