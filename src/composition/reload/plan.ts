import { type Difference, differencesOf } from '../../configuration/changes/differences.js';
import { type FieldChange, fieldChangeOf } from '../../configuration/changes/field-changes.js';
import type { LoadedConfiguration } from '../../configuration/configuration-file.js';
import type { Generation } from '../generation.js';
import type { ServingListener } from '../listeners.js';
import { type AwaitedChange, type AwaitedRestart, awaitedRestarts } from './awaited-restarts.js';
import { type KeyManagerPlan, planKeyManagers } from './plan-key-managers.js';
import { policyDifferences } from './policy-differences.js';
import { type ListenerPlan, planListeners } from './plan-listeners.js';

/** The plan of a reload, made before anything is done. */
export interface ReloadPlan {
  readonly next: LoadedConfiguration;
  readonly differences: readonly PlannedDifference[];
  /** Reasons why it cannot be done, a sentence each that says what to do; then none of it is. */
  readonly refusals: readonly string[];
  /** Changes in files that only a restart puts in force. They do not stop the rest. */
  readonly waitsForRestart: readonly AwaitedRestart[];
  readonly keyManagers: KeyManagerPlan;
  readonly listeners: ListenerPlan;
  readonly hasOtherWebhooks: boolean;
}

/** A difference, and how the field changes that it is about. */
export interface PlannedDifference extends Difference {
  readonly how: FieldChange['how'];
}

/** Finds out what would be done to put another configuration in force. */
export function planReload(
  current: Generation,
  serving: readonly ServingListener[],
  next: LoadedConfiguration,
): ReloadPlan {
  const found = [
    ...differencesOf(current.loaded, next),
    ...policyDifferences(current.loaded, next),
  ];
  const differences = found.map((difference) => ({
    ...difference,
    how: fieldChangeOf(difference.path).how,
  }));
  const keyManagers = planKeyManagers(current.loaded, next, differences);
  const listeners = planListeners(current.loaded, serving, next);
  const fixed = differences.filter(({ how }) => how === 'restart');
  return {
    ...{ next, differences, keyManagers, listeners },
    hasOtherWebhooks: differences.some(({ path }) => path.startsWith('notifications.')),
    refusals: [
      ...fixed.filter(({ isInFile }) => !isInFile).map(needsRestart),
      ...keyManagers.refusals,
      ...listeners.refusals,
    ],
    waitsForRestart: awaitedRestarts(
      current,
      next,
      [...fixed.filter(({ isInFile }) => isInFile).map(waits), ...keyManagers.waitsForRestart],
      (path) => keyManagers.started.some(({ name }) => path.startsWith(`keyManagers[${name}]`)),
    ),
  };
}

function needsRestart({ path }: Difference): string {
  return `${path} changes with a restart alone: ${fieldChangeOf(path).says}`;
}

function waits({ path }: Difference): AwaitedChange {
  const sentence = `the file that ${path} names has another content, which counts after a restart`;
  return { path, sentence };
}
