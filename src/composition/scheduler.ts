import type { ExternalKeyRecords } from '../external-keys/external-key-records.js';
import { DestroyDue, type ToldUses } from '../external-keys/schedules/destroy-due.js';
import { DiscardImportTokens } from '../external-keys/schedules/discard-import-tokens.js';
import { ExpireMaterial } from '../external-keys/schedules/expire-material.js';
import { LookForDestroyed } from '../external-keys/schedules/look-for-destroyed.js';
import { RotateDue } from '../external-keys/schedules/rotate-due.js';
import type { ScheduleClock } from '../external-keys/schedules/schedule-clock.js';
import type { ScheduledWork } from '../external-keys/schedules/scheduled-work.js';
import { Scheduler } from '../external-keys/schedules/scheduler.js';
import type { Generations } from './generation.js';
import type { SchedulePorts } from './schedules.js';

/** The parts that the scheduler is handed. */
export interface SchedulerParts extends SchedulePorts {
  readonly records: ExternalKeyRecords;
  readonly keyUse: ToldUses;
}

/** Starts what Holdfast does to keys by itself. */
export function startScheduler(
  generations: Pick<Generations, 'current' | 'hold'>,
  running: ScheduleClock,
  { state, clock, log, records, keyUse }: SchedulerParts,
): Scheduler {
  const look = new LookForDestroyed(Math.random);
  records.watchDestroyedAsked((keyManager, externalKeyId) => {
    const acts = generations.current.acts.get(keyManager);
    if (acts !== undefined) void look.asked(acts, externalKeyId);
  });
  const works: readonly ScheduledWork[] = [
    look,
    new RotateDue(),
    new DestroyDue(keyUse),
    new ExpireMaterial(),
    new DiscardImportTokens(),
  ];
  const parts = { state, clock, running, log, works };
  const scheduler = new Scheduler({
    ...parts,
    lifecycles: () => [...generations.current.acts.values()],
    hold: (round) => generations.hold(round),
  });
  scheduler.start();
  return scheduler;
}
