import type { KeyRecord, Retirement } from './record.js';
import type { KeyStanding, RetiredStanding } from './standing.js';
import { endOfUse, heldVersion, stateAt } from './state-at.js';

/** The standing of a key until imported material of it expires. */
export function standingOf(record: KeyRecord): KeyStanding {
  const { usage, deletion, tags = {}, retirements = [] } = record;
  const tagList = Object.entries(tags);
  const state = stateAt(record, Number.NEGATIVE_INFINITY);
  const isUsed = state === 'Enabled' || state === 'Disabled';
  const expiresAt = isUsed ? endOfUse(record) : undefined;
  const waiting = heldVersion(record);
  return {
    state,
    ...(usage !== undefined && { usage: new Set(usage) }),
    ...(record.origin === 'external' && { isImported: true }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(waiting !== undefined && { waiting }),
    ...(tagList.length > 0 && { tags: new Map(tagList) }),
    ...(deletion && { deletionAt: deletion.dueAt }),
    ...(retirements.length > 0 && { retired: retiredOf(retirements) }),
  };
}

function retiredOf(retirements: readonly Retirement[]): ReadonlyMap<number, RetiredStanding> {
  return new Map(
    retirements.map(({ version, waiting, told, destroyed }) => [
      version,
      {
        isDestroyed: destroyed !== undefined || told !== undefined,
        deletionAt: waiting?.dueAt ?? told?.destroyedAt ?? '',
      },
    ]),
  );
}
