import type { ImportedVersion } from './imported.js';
import type { KeyRecord } from './record.js';
import type { KeyState } from './states.js';

/**
 * The state of a key at a time. A key that lacks imported material is PendingImport, whatever an
 * operator has said of it besides; that comes back with the material.
 *
 * @param nowMs the wall-clock time
 */
export function stateAt(record: KeyRecord, nowMs: number): KeyState {
  const { state } = record;
  if (state !== 'Enabled' && state !== 'Disabled') return state;
  return missingVersions(record, nowMs).length > 0 || hasNeverHadMaterial(record)
    ? 'PendingImport'
    : state;
}

/**
 * The versions that have lost their material, or whose material has expired. One that only waits
 * for a rotation is not missing, nor is one that is to be destroyed for good, or was.
 */
export function missingVersions(record: KeyRecord, nowMs: number): readonly ImportedVersion[] {
  const { intent } = record;
  const going = intent?.act === 'delete-material' ? (intent.versions ?? []) : [];
  return neededVersions(record).filter(
    (each) => going.includes(each.version) || !isUsable(each, nowMs),
  );
}

/** Tells whether a version has material that has not expired. */
export function isUsable({ destroyed, expiresAt }: ImportedVersion, nowMs: number): boolean {
  return destroyed === undefined && (expiresAt === undefined || nowMs < Date.parse(expiresAt));
}

/** The version whose material waits for a rotation. */
export function waitingVersion({ imports = [] }: KeyRecord): ImportedVersion | undefined {
  return imports.find(({ waits, destroyed }) => waits === true && destroyed === undefined);
}

/**
 * The version that must not encrypt before a rotation: one whose material waits, or that is being
 * imported to wait, because its key manager may have it before its record says so.
 */
export function heldVersion(record: KeyRecord): number | undefined {
  const { material } = record.intent ?? {};
  return (
    waitingVersion(record)?.version ?? (material?.waits === true ? material.version : undefined)
  );
}

/** The first time at which the key lacks material, in ms since 1970; absent if it never does. */
export function endOfUse(record: KeyRecord): number | undefined {
  const ends = neededVersions(record).flatMap(({ destroyed, expiresAt }) =>
    destroyed === undefined && expiresAt !== undefined ? [Date.parse(expiresAt)] : [],
  );
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** The imported versions without whose material the key is PendingImport. */
function neededVersions({ imports = [], retirements = [] }: KeyRecord): readonly ImportedVersion[] {
  const retired = new Set(retirements.map(({ version }) => version));
  return imports.filter(({ version, waits }) => waits === undefined && !retired.has(version));
}

function hasNeverHadMaterial({ origin, imports = [] }: KeyRecord): boolean {
  return origin === 'external' && !imports.some(({ waits }) => waits === undefined);
}
