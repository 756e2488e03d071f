import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { LifecycleError } from '../../../src/external-keys/lifecycle/lifecycle-error.js';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { StateError } from '../../../src/state/errors.js';
import { XksError } from '../../../src/xks/errors.js';
import { DAY_MS } from '../scheduled-replica.js';
import { aliasOf, type Asked, NAMES, nameOf, OPERATOR_ACTS, type Scene } from './life-acts.js';
import type { LifeKeyManager } from './life-key-managers.js';
import { LifeModel, type Outcome } from './life-model.js';
import type { LifeReplica } from './life-replica.js';
import type { LifeAct, LifeMoment, LifeStep } from './life-step.js';
import { LifeWorld } from './life-world.js';
import { KilledError } from './mortal.js';
import { outlive, settle } from './settle.js';

const MINUTE_MS = 60_000;
/** The times that a step may let pass. */
const TIMES_MS = [MINUTE_MS, 30 * MINUTE_MS, DAY_MS, 8 * DAY_MS, 40 * DAY_MS, 100 * DAY_MS];

const PLAIN = { replica: 0, other: 0, number: 0, flag: false, fault: undefined };
/** The keys that every life begins with: a made one, one with imported material, a found one. */
const BEGINNING: readonly LifeMoment[] = [
  { ...PLAIN, act: 'create' as const, name: 0 },
  { ...PLAIN, act: 'create' as const, name: 1, flag: true },
  { ...PLAIN, act: 'bring' as const, name: 1, number: 4 },
  { ...PLAIN, act: 'make-elsewhere' as const, name: 2 },
  { ...PLAIN, act: 'settle' as const, name: 0 },
].map((step) => ({ step, beside: undefined }));

/** The tally of a life, so that nobody takes a life in which nothing happens for a good one. */
export interface LifeTally {
  readonly done: Map<LifeAct, number>;
  faults: number;
  kept: number;
}

/** Acts that are no operator's. */
type WorldAct = (scene: Omit<Scene, 'replica'>, step: LifeStep) => unknown;

const WORLD_ACTS: Readonly<Partial<Record<LifeAct, WorldAct>>> = {
  'make-elsewhere': async ({ world, model }, { name }) => {
    const id = nameOf(name);
    const isNew = NAMES.every((each) => each.toLowerCase() !== id.toLowerCase() || isFree(each));
    if (!isNew || world.keyManager.makeElsewhere === undefined) return;
    await world.keyManager.makeElsewhere(id);
    model.foundElsewhere(id);

    function isFree(each: string): boolean {
      return world.recordOf(each) === undefined && !model.ids.includes(each);
    }
  },
  pass: ({ world }, { number, flag }) =>
    world.pass(TIMES_MS[number % TIMES_MS.length] ?? MINUTE_MS, !flag || number > 2),
  'set-forward': ({ world, model }, { replica, number }) => {
    const ms = number * 4 * DAY_MS;
    world.setForward(replica, ms);
    model.forwardMs += ms;
  },
  kill: ({ world }, { replica }) => {
    world.replicaAt(replica)?.mortal.kill();
  },
  restart: ({ world }) => world.restart(),
  'end-leases': ({ world }) => {
    world.endLeases();
  },
  settle: ({ world, model }) => settle(world, model),
};

/**
 * Lives one life from beginning to end.
 *
 * @throws what is wrong: an AssertionError, or an error that no act may fail with
 */
export async function live(
  keyManager: LifeKeyManager,
  moments: readonly LifeMoment[],
): Promise<LifeTally> {
  const world = await LifeWorld.begin(keyManager);
  const model = new LifeModel();
  const tally: LifeTally = { done: new Map(), faults: 0, kept: 0 };
  try {
    for (const moment of [...BEGINNING, ...moments]) {
      await liveMoment({ world, model }, moment, tally);
      if (keyManager.isReal) world.endLeases();
      for (const name of NAMES) model.assertPermitted(name, keyOf(world, name), world.ranMs);
    }
    await outlive(world, model);
    assert.deepEqual(world.faults, []);
    tally.kept = model.kept.length;
    return tally;
  } finally {
    await world.end();
  }
}

async function liveMoment(
  scene: Omit<Scene, 'replica'>,
  { step, beside }: LifeMoment,
  tally: LifeTally,
): Promise<void> {
  const worldAct = WORLD_ACTS[step.act];
  if (worldAct !== undefined) {
    await worldAct(scene, step);
    return;
  }
  const both = [step];
  const other = { ...beside, replica: 1 - step.replica };
  if (beside !== undefined && WORLD_ACTS[beside.act] === undefined) both.push(other as LifeStep);
  await Promise.all(
    both.map(async (each) => {
      const replica = scene.world.replicaAt(each.replica);
      if (replica === undefined) return;
      const { mortal } = replica;
      if (each.fault !== undefined) mortal.plan(each.fault);
      mortal.hasStruck = false;
      const outcome = await actOn({ ...scene, replica }, each, both.length > 1);
      tally.faults += Number(mortal.hasStruck);
      if (outcome === 'done') tally.done.set(each.act, (tally.done.get(each.act) ?? 0) + 1);
    }),
  );
}

/** Asks a replica for something, and notes what has come of it. */
async function actOn(scene: Scene, step: LifeStep, isBeside: boolean): Promise<Outcome> {
  const { replica } = scene;
  const act = OPERATOR_ACTS[step.act]?.(scene, step) ?? userAct(scene, step);
  try {
    await replica.mortal.untilEnd(act.ask());
    // Of two acts at the same time, nobody knows which came last.
    act.note?.(isBeside ? 'uncertain' : 'done');
    return 'done';
  } catch (error) {
    const outcome = outcomeOf(error, replica);
    act.note?.(outcome);
    return outcome;
  }
}

/** Finds what a replica is asked for users, and by itself. */
function userAct({ model, replica }: Scene, { act, name, number, flag }: LifeStep): Asked {
  switch (act) {
    case 'encrypt':
      return {
        ask: async () => {
          const [askedAs, plaintext] = [flag ? aliasOf(name) : nameOf(name), randomBytes(32)];
          model.keep(askedAs, plaintext, await replica.encrypt(askedAs, plaintext));
        },
      };
    case 'decrypt':
      return {
        ask: async () => {
          const kept = model.kept.at(-1 - number);
          if (kept === undefined) return;
          const wasDestroyed = model.isDestroyed(kept.externalKeyId, kept.version);
          const opened = await replica.decrypt(kept.askedAs, kept.answer);
          if (wasDestroyed) throw new Error(`${kept.externalKeyId} ${kept.version} opens again`);
          if (!opened.equals(kept.plaintext)) throw new Error('it opens to something else');
        },
      };
    case 'round':
      return { ask: () => replica.round() };
    default:
      return { ask: () => replica.refresh() };
  }
}

/** @throws an error that says that something is wrong with the program */
function outcomeOf(error: unknown, { mortal }: LifeReplica): Outcome {
  if (error instanceof KilledError || mortal.isDead) return 'uncertain';
  if (error instanceof LifecycleError) {
    return error.code === 'unfinished' || mortal.hasStruck ? 'uncertain' : 'refused';
  }
  if (error instanceof StateError) return 'uncertain';
  if (error instanceof XksError) return 'refused';
  if (error instanceof KeyManagerError) return mortal.hasStruck ? 'uncertain' : 'refused';
  throw error;
}

function keyOf(world: LifeWorld, name: string) {
  const record = world.recordOf(name);
  return record?.kind === 'key' && record.externalKeyId === name ? record : undefined;
}
