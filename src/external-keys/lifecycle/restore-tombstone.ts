import type { KeyVersion } from '../../key-managers/backend.js';
import type { KeyRecords, Recorded } from '../key-records.js';
import type { Intent, KeyRecord, Retirement } from '../record.js';
import { namedMaterial, presentVersions } from './known-key.js';
import type { LifecyclePorts, PlannedIntent } from './lifecycle-ports.js';

/** The one on whose word a tombstone is written again. */
const AUDIT_LOG = 'audit-log';
/** Clocks of replicas differ by less, or requests would be refused. */
const MAX_SKEW_MS = 300_000;

/** A destruction that an audit log tells of. */
export interface ToldDestruction {
  readonly keyManager: string;
  readonly externalKeyId: string;
  readonly extent: 'key' | 'version' | 'imported-material';
  /** Present for a version. */
  readonly keyVersion?: number | undefined;
  /** Hexadecimal names of the material. */
  readonly materialNames: readonly string[];
  /** ISO 8601. */
  readonly at: string;
  /** The name that the log gives the replica which has written it. */
  readonly replica: string;
}

/** A destruction that the records know nothing of, with what is at the key manager now. */
export interface ForgottenDestruction {
  readonly told: ToldDestruction;
  readonly present: ReadonlyMap<number, KeyVersion>;
  readonly record: Recorded<KeyRecord>;
}

/**
 * Refuses what was destroyed from now on, as far as the records do not do that: the tombstone may
 * have to wait for the state store or the key manager.
 *
 * @returns ends it; of a key that was destroyed as a whole nothing ends it
 */
export function withhold(records: KeyRecords, told: ToldDestruction): () => void {
  const { externalKeyId, at } = told;
  if (told.extent === 'key') records.bury(externalKeyId);
  const versions = withheld(records, told);
  for (const version of versions) records.withhold(externalKeyId, version, at);
  return () => {
    for (const version of versions) records.release(externalKeyId, version);
  };
}

/** Tells whether the records say that a key, or a version, was destroyed. */
export function isRecorded(records: KeyRecords, told: ToldDestruction): boolean {
  const record = records.keyRecordOf(told.externalKeyId)?.value;
  if (record?.state === 'Destroyed') return true;
  return told.extent === 'version' && isKnownGone(record, told);
}

/**
 * Finds out if the records know of a destruction. Nothing is changed.
 *
 * @returns undefined where they do, or where nothing of it is there again
 * @throws KeyManagerError
 */
export async function findForgotten(
  ports: LifecyclePorts,
  told: ToldDestruction,
): Promise<ForgottenDestruction | undefined> {
  const { records } = ports;
  const { externalKeyId, extent } = told;
  if (isRecorded(records, told)) return undefined;
  const document = records.documentOf(externalKeyId);
  const before = records.keyRecordOf(externalKeyId);
  const present = await presentVersions(ports, externalKeyId);
  if (extent !== 'key' && !isPresent(told, present)) return undefined;
  const found: KeyRecord = { kind: 'key', externalKeyId, state: 'Enabled', origin: 'found' };
  const record = before ?? { value: found, revision: document?.revision ?? 0 };
  const forgotten: ForgottenDestruction = { told, present, record };
  // Material that was imported since is there by right.
  const isMaterial = extent === 'imported-material';
  if (isMaterial && before !== undefined && importsBefore(forgotten).length === 0) return undefined;
  return forgotten;
}

/**
 * Writes the tombstone of a destruction again that the records know nothing of, because the store
 * was restored or lost. The material that was destroyed is erased again by whoever finishes acts;
 * material of other names is left alone.
 *
 * @throws StateError
 */
export async function restoreTombstone(
  ports: LifecyclePorts,
  forgotten: ForgottenDestruction,
): Promise<void> {
  const { told, record } = forgotten;
  const tombstone = TOMBSTONES[told.extent](ports, forgotten);
  if (tombstone !== undefined) await ports.records.put(tombstone, record.revision);
  tell(ports, forgotten, tombstone !== undefined);
}

const TOMBSTONES: Readonly<
  Record<
    ToldDestruction['extent'],
    (ports: LifecyclePorts, forgotten: ForgottenDestruction) => KeyRecord | undefined
  >
> = {
  key: (ports, { told, present, record }) => {
    const materials = [...present.values()].filter((each) => isTold(told, each)).map(namedMaterial);
    const isErased = materials.length > 0 && canErase(ports, 'destroyKey');
    return {
      ...withoutPlans(record.value),
      state: 'Destroyed',
      destruction: { materials, ...toldBy(ports, told, !isErased) },
      ...(isErased && { intent: begun(ports, { act: 'destroy' }) }),
    };
  },
  version: (ports, { told, present, record }) => {
    const { intent, retirements = [] } = record.value;
    const version = present.get(told.keyVersion ?? 0);
    if (version === undefined) return undefined;
    const isErased = intent === undefined && canErase(ports, 'destroyVersion');
    const { told: words, done: destroyed } = toldBy(ports, told, !isErased);
    const gone: Retirement = {
      ...{ told: words, ...namedMaterial(version) },
      ...(destroyed && { destroyed }),
    };
    return {
      ...record.value,
      retirements: [...retirements.filter((each) => each.version !== gone.version), gone],
      ...(isErased && { intent: begun(ports, { act: 'destroy-version', version: gone.version }) }),
    };
  },
  'imported-material': (ports, { told, present, record }) => {
    const { intent } = record.value;
    const versions = importsBefore({ told, present, record });
    // Without a record nobody can tell if the material was imported again since: people decide.
    if (intent !== undefined || versions.length === 0 || !canErase(ports, 'destroyVersion')) {
      return undefined;
    }
    const materials = [...present.values()]
      .filter(({ version }) => versions.includes(version))
      .map(namedMaterial);
    const act = 'delete-material';
    return { ...record.value, intent: begun(ports, { act, versions, materials }) };
  },
};

/** The words of a record about a destruction that it had forgotten: its time is in the log. */
function toldBy({ clock }: LifecyclePorts, { replica, at }: ToldDestruction, isDone: boolean) {
  const told = { replica, destroyedAt: at, restoredAt: new Date(clock.now()).toISOString() };
  return { told, ...(isDone && { done: { at, by: AUDIT_LOG } }) };
}

/** The versions to be refused before anybody has looked at the key manager. */
function withheld(records: KeyRecords, told: ToldDestruction): readonly number[] {
  const record = records.keyRecordOf(told.externalKeyId)?.value;
  if (told.extent === 'version') return told.keyVersion === undefined ? [] : [told.keyVersion];
  if (told.extent === 'key' || record === undefined) return [];
  return importedBefore(record, told).map(({ version }) => version);
}

/** A record without what is planned for its key, or was begun. */
function withoutPlans({ deletion: _deletion, intent: _intent, ...kept }: KeyRecord) {
  return kept;
}

/** Tells whether a record knows that a version was destroyed, or is just being destroyed. */
function isKnownGone(record: KeyRecord | undefined, { keyVersion }: ToldDestruction): boolean {
  const retirement = record?.retirements?.find(({ version }) => version === keyVersion);
  const { act, version } = record?.intent ?? {};
  return (
    retirement?.destroyed !== undefined || (act === 'destroy-version' && version === keyVersion)
  );
}

/** The versions whose material the log calls destroyed, and that were not imported since. */
function importsBefore({ told, present, record }: ForgottenDestruction): number[] {
  return importedBefore(record.value, told).flatMap(({ version }) => {
    const material = present.get(version);
    return material !== undefined && isTold(told, material) ? [version] : [];
  });
}

/** The imports that the record takes for present, and that are older than a destruction. */
function importedBefore({ imports = [] }: KeyRecord, { at }: ToldDestruction) {
  const before = Date.parse(at) - MAX_SKEW_MS;
  return imports.filter(
    ({ imported, destroyed }) => destroyed === undefined && Date.parse(imported.at) < before,
  );
}

function isPresent(told: ToldDestruction, present: ForgottenDestruction['present']): boolean {
  const versions = [...present.values()].filter((each) => isTold(told, each));
  const { keyVersion } = told;
  return versions.some(({ version }) => keyVersion === undefined || version === keyVersion);
}

function isTold({ materialNames }: ToldDestruction, { materialName }: KeyVersion): boolean {
  return materialNames.includes(materialName.toString('hex'));
}

function canErase(
  { keyManager, actsAreSafe }: LifecyclePorts,
  act: 'destroyKey' | 'destroyVersion',
): boolean {
  return actsAreSafe && keyManager.administration[act] !== undefined;
}

function begun({ replica, clock }: LifecyclePorts, act: PlannedIntent): Intent {
  const at = new Date(clock.now()).toISOString();
  return { ...act, replica, begun: { at, by: AUDIT_LOG } };
}

function tell(
  { events, keyManager, log }: LifecyclePorts,
  { told, present }: ForgottenDestruction,
  isTombstone: boolean,
): void {
  const { externalKeyId, keyVersion, at, extent } = told;
  const outcome = isTombstone
    ? 'it is destroyed again'
    : 'nobody can tell if the material was imported again since: look at it, and delete it';
  const message = `the audit log of the replica ${told.replica} says that it was destroyed, and the state store has forgotten it (was it restored, or lost?); ${outcome}`;
  log.error({ externalKeyId, keyVersion, extent, destroyedAt: at }, message);
  if (present.size === 0) return;
  events.tell({
    ...{ event: 'destroyed-key-appeared', keyManager: keyManager.name, externalKeyId },
    ...(keyVersion !== undefined && { keyVersion }),
    materialNames: [...present.values()].map(({ materialName }) => materialName.toString('hex')),
    destroyedAt: at,
  });
}
