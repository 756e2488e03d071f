import { inspect } from 'node:util';
import fc from 'fast-check';
import { live, type LifeTally } from './life.js';
import type { LifeKeyManager } from './life-key-managers.js';
import { type LifeAct, lifeOf } from './life-step.js';

/** The lives that are to be lived. */
export interface LivesToLive {
  /** In every run; `HOLDFAST_LIVES` asks for another number. */
  readonly lives: number;
  /** The most moments of a life. */
  readonly moments: number;
  /** False where lives take so long that a shorter one is not looked for. */
  readonly shrinks: boolean;
}

/** The sums of many lives. */
export interface LivesTally {
  lives: number;
  faults: number;
  /** Ciphertexts that were looked after until the end of their lives. */
  kept: number;
  readonly done: Map<LifeAct, number>;
}

/** Longer than a life on a real key manager takes on a busy machine, in ms. */
const LIFE_MS = 30_000;

/** The time that a test may take for its lives, in ms. */
export function livesTimeout({ lives }: LivesToLive): number {
  return LIFE_MS * (1 + livesAsked(lives));
}

/** `HOLDFAST_LIVES`, or what is usual. */
function livesAsked(usually: number): number {
  return Number(process.env['HOLDFAST_LIVES'] ?? usually);
}

/**
 * Lives random lives, each with a key manager of its own. `HOLDFAST_LIVES_SEED` lives those of an
 * earlier run again, whose seed its failure has told.
 *
 * @throws what is wrong in one of them, with a life that shows it
 */
export async function runLives(
  begin: () => LifeKeyManager | Promise<LifeKeyManager>,
  { lives, moments, shrinks }: LivesToLive,
): Promise<LivesTally> {
  const seed = process.env['HOLDFAST_LIVES_SEED'];
  const tally: LivesTally = { lives: 0, faults: 0, kept: 0, done: new Map() };
  const property = fc.asyncProperty(lifeOf(moments), async (life) => {
    add(tally, await live(await begin(), life));
  });
  const numRuns = livesAsked(lives);
  await fc.assert(property, {
    ...{ numRuns, endOnFailure: !shrinks },
    ...(seed !== undefined && { seed: Number(seed) }),
  });
  if (process.env['HOLDFAST_LIVES'] !== undefined) {
    process.stdout.write(`${inspect(tally, { breakLength: Infinity })}\n`);
  }
  return tally;
}

function add(tally: LivesTally, { faults, kept, done }: LifeTally): void {
  tally.lives += 1;
  tally.faults += faults;
  tally.kept += kept;
  for (const [act, times] of done) tally.done.set(act, (tally.done.get(act) ?? 0) + times);
}
