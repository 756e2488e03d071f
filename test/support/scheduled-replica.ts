import type { StatementSigner } from '../../src/external-keys/certificates.js';
import { DestroyDue, type ToldUses } from '../../src/external-keys/schedules/destroy-due.js';
import { DiscardImportTokens } from '../../src/external-keys/schedules/discard-import-tokens.js';
import { ExpireMaterial } from '../../src/external-keys/schedules/expire-material.js';
import { LookForDestroyed } from '../../src/external-keys/schedules/look-for-destroyed.js';
import { RotateDue } from '../../src/external-keys/schedules/rotate-due.js';
import {
  ScheduleClock,
  scheduleClock,
  type ScheduleClockPorts,
  type SeenRunningTime,
} from '../../src/external-keys/schedules/schedule-clock.js';
import { Scheduler, type SchedulerPorts } from '../../src/external-keys/schedules/scheduler.js';
import type { Lifecycle } from '../../src/external-keys/lifecycle/lifecycle.js';
import { type Clock, systemClock } from '../../src/shared/clock.js';
import { Deadline } from '../../src/shared/deadline.js';
import { BEGIN, lifecycleReplica, type LifecycleReplica } from './lifecycle.js';
import type { LivingKeys } from './living-keys.js';
import { captureLog } from './log-lines.js';
import { type MemoryState, MemoryStateStore } from './memory-state-store.js';

/** One day in milliseconds. */
export const DAY_MS = 86_400_000;

/** Both clocks of a machine, which go on when a test says so. */
export class ManualClock implements Clock {
  #now = BEGIN;
  #monotonic = 1_000;

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.#now += ms;
    this.#monotonic += ms;
  }

  /** Sets the date forward, while no time passes. */
  setForward(ms: number): void {
    this.#now += ms;
  }
}

/** The memory of the running time on a replica's own disk. */
export interface OwnDisk {
  seen: SeenRunningTime | undefined;
}

/** Makes the measured running time of a replica. */
export function runningTimeOf(
  state: ScheduleClockPorts['state'],
  clock: Clock,
  disk: OwnDisk,
): ScheduleClock {
  const witness = {
    read: () => Promise.resolve(disk.seen),
    write: (seen: SeenRunningTime) => {
      disk.seen = seen;
      return Promise.resolve();
    },
  };
  return new ScheduleClock({ state, clock, witness });
}

/** Nothing is used, as far as anybody has told. */
const NO_USES: ToldUses = { of: () => new Map() };

/** Makes the schedules of a replica, all that there are. */
export function schedulerOf(
  lifecycle: Lifecycle,
  ports: Pick<SchedulerPorts, 'state' | 'clock' | 'running' | 'log'>,
  uses: ToldUses = NO_USES,
): Scheduler {
  const works = [
    ...[new RotateDue(), new DestroyDue(uses)],
    ...[new ExpireMaterial(), new DiscardImportTokens()],
    new LookForDestroyed(() => 0.5),
  ];
  return new Scheduler({
    ...ports,
    lifecycles: () => [lifecycle],
    hold: (round) => round(),
    works,
  });
}

/** A replica that keeps schedules. */
export interface ScheduledReplica extends LifecycleReplica {
  readonly scheduler: Scheduler;
  readonly running: ScheduleClock;
  readonly disk: OwnDisk;
  /** Runs a round on the newest state. */
  readonly round: () => Promise<void>;
  /** Lets the schedules run for a time, a round a minute. */
  readonly runFor: (ms: number) => Promise<void>;
  /** Lets a long time pass in which the store runs, and then runs a round. */
  readonly elapse: (ms: number) => Promise<void>;
}

const MINUTE_MS = 60_000;

/** Makes a replica that keeps schedules, on a shared state and a shared key manager. */
export async function scheduledReplica(
  memory: MemoryState,
  keys: LivingKeys,
  clock: ManualClock,
  { signer, uses }: { readonly signer?: StatementSigner; readonly uses?: ToldUses } = {},
): Promise<ScheduledReplica> {
  const replica = await lifecycleReplica(memory, keys, {
    clock,
    ranMs: () => running.ranMs,
    ...(signer && { signer }),
  });
  const { state, lifecycle } = replica;
  const disk: OwnDisk = { seen: undefined };
  const running = runningTimeOf(state, clock, disk);
  const { logger: log } = captureLog();
  const scheduler = schedulerOf(lifecycle, { state, clock, running, log }, uses);
  const round = async () => {
    await state.refresh(Deadline.after(systemClock, 10_000));
    await scheduler.round();
  };
  const runFor = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += MINUTE_MS) {
      clock.pass(MINUTE_MS);
      await round();
    }
  };
  const elapse = async (ms: number) => {
    await round();
    clock.pass(ms);
    await round();
    const store = new MemoryStateStore(memory);
    const name = { collection: scheduleClock.name, id: 'clock' };
    const replaces = (await store.get(name))?.revision ?? 0;
    const contents = JSON.stringify({ ranMs: running.ranMs + ms });
    await store.put({ ...name, format: 1, contents, replaces });
    await round();
  };
  return { ...replica, scheduler, running, disk, round, runFor, elapse };
}
