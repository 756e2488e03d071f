import type { KeyRecords } from '../../external-keys/key-records.js';
import type { KeyRecord } from '../../external-keys/record.js';
import { hasEnded } from '../../external-keys/lifecycle/import-parameters.js';
import { jitterOf, nextRotation } from '../../external-keys/schedules/next-rotation.js';
import { endOfUse } from '../../external-keys/state-at.js';
import type { KeyState } from '../../external-keys/states.js';
import type {
  KeyDescription,
  KeySummary,
  KeyUsage,
  VersionSummary,
} from '../../key-managers/backend.js';
import type { Key } from '../contract/keys.js';
import { actsOf, type InForce } from '../in-force.js';

/**
 * An external key in the contract's words.
 *
 * @param keyManager name of the one that holds the key
 */
export function toKey(inForce: InForce, keyManager: string, summary: KeySummary): Key {
  const { description, encryptionsLeft, problem } = summary;
  const { externalKeyId, usage, current } = description;
  const { records } = actsOf(inForce, keyManager).ports;
  const record = records.keyRecordOf(externalKeyId)?.value;
  const state = stateOf(records, description);
  return {
    ...head(inForce, keyManager, { externalKeyId, usage, state, record }),
    problem,
    currentVersion: current?.version,
    versions: versionsOf(summary, record),
    createdAt: record?.created?.at ?? summary.createdAt?.toISOString(),
    encryptionsLeft,
  };
}

/** The state of a key: what its key manager says of an enabled one comes on top of its record. */
export function stateOf(records: KeyRecords, { externalKeyId, enabled }: KeyDescription): KeyState {
  const { state } = records.keyOf(externalKeyId);
  return state === 'Enabled' && !enabled ? 'Disabled' : state;
}

/** The keys that have a record, and that their key manager does not list: not yet, or not more. */
export function recordedKeys(
  inForce: InForce,
  keyManager: string,
  listed: readonly KeySummary[],
): readonly Key[] {
  const known = new Set(listed.map(({ description }) => description.externalKeyId));
  return actsOf(inForce, keyManager)
    .ports.records.list()
    .flatMap(({ value }) => {
      if (value.kind !== 'key' || known.has(value.externalKeyId)) return [];
      const { externalKeyId, created } = value;
      const { state } = actsOf(inForce, keyManager).ports.records.keyOf(externalKeyId);
      const usage = new Set(value.usage ?? []);
      const isThere = state === 'Enabled' || state === 'Disabled';
      const key = head(inForce, keyManager, { externalKeyId, usage, state, record: value });
      const problem = isThere ? 'its key manager does not have it' : undefined;
      return [{ ...key, problem, versions: [], createdAt: created?.at }];
    });
}

/** The facts of a key that do not depend on its versions. */
function head(
  inForce: InForce,
  keyManager: string,
  key: {
    readonly externalKeyId: string;
    readonly usage: ReadonlySet<KeyUsage>;
    readonly state: KeyState;
    readonly record: KeyRecord | undefined;
  },
): Omit<Key, 'versions'> {
  const { externalKeyId, usage, state, record } = key;
  return {
    externalKeyId,
    keyManager,
    keyStores: inForce.keyStores.keyStores
      .filter((each) => each.keyManager === keyManager && each.exposes(externalKeyId))
      .map(({ name }) => name),
    usage: (['ENCRYPT', 'DECRYPT'] as const).filter((each) => usage.has(each)),
    state,
    enabled: state === 'Enabled',
    origin: record?.origin ?? 'found',
    description: record?.description,
    tags: record?.tags ?? {},
    aliases: [...actsOf(inForce, keyManager).ports.records.aliasesOf(externalKeyId)],
    createdBy: record?.created?.by,
    lastRotatedAt: record?.lastRotated?.at,
    rotation: record?.rotation?.every,
    destruction: destructionOf(record),
    nextRotationAt: record && nextRotationOf(record),
    deletionAt: record?.deletion?.dueAt,
    adopted: record?.adopted !== undefined,
    ...actUnderWay(inForce, keyManager, record),
    ...importFacts(record, actsOf(inForce, keyManager).ports.clock.now()),
  };
}

/** The act that was begun on a key, and the reason why it is not finished, where it is known. */
function actUnderWay(
  inForce: InForce,
  keyManager: string,
  record: KeyRecord | undefined,
): Pick<Key, 'underWay' | 'begun' | 'unfinished'> {
  if (record?.intent === undefined) return {};
  const { act, begun, replica } = record.intent;
  const { state } = inForce;
  const lease = state.standing.leases.find((each) => each.replica === replica);
  const elsewhere: Key['unfinished'] = {
    reason: `the replica ${lease?.name ?? replica} has begun it, and it alone goes on with it`,
    advice: 'Ask that replica where it lasts (holdfast keys show there).',
  };
  const isElsewhere = lease !== undefined && replica !== state.replica;
  const stuck = actsOf(inForce, keyManager).stuckActOf(record);
  const unfinished = isElsewhere ? elsewhere : stuck;
  return {
    underWay: act,
    begun: { at: begun.at, by: begun.by, replica: lease?.name ?? replica },
    ...(unfinished && {
      unfinished: { reason: unfinished.reason, advice: unfinished.advice },
    }),
  };
}

/** The end of a key, as its record remembers it. */
function destructionOf(record: KeyRecord | undefined): Key['destruction'] {
  if (record?.destruction === undefined) return undefined;
  const { waited, materials, masterKeyId, done } = record.destruction;
  return {
    askedAt: waited?.scheduled.at,
    askedBy: waited?.scheduled.by,
    waitedDays: waited?.days,
    destroyedAt: done?.at,
    versions: [...materials],
    masterKeyId,
  };
}

function nextRotationOf({ externalKeyId, rotation }: KeyRecord): string | undefined {
  if (rotation === undefined) return undefined;
  return new Date(nextRotation(rotation) + jitterOf(externalKeyId)).toISOString();
}

/** The facts of a key that the import of its material leads to. */
function importFacts(record: KeyRecord | undefined, nowMs: number) {
  const end = record && endOfUse(record);
  return {
    expiresAt: end === undefined ? undefined : new Date(end).toISOString(),
    wrappingKeys: (record?.importTokens ?? [])
      .filter((token) => !hasEnded(token, nowMs))
      .map(({ way, endsAt, made }) => ({ ...way, validTo: endsAt, madeBy: made.by })),
  };
}

/** The versions of a key: as its key manager tells of each, or else those that can be used. */
function versionsOf(
  { description, versions }: KeySummary,
  record: KeyRecord | undefined,
): Key['versions'] {
  const imported = new Map(record?.imports?.map((each) => [each.version, each]));
  const known: readonly VersionSummary[] =
    versions ??
    [...description.versions.values()].map((each) => ({ ...each, material: 'present' }));
  return known.map(({ version, materialName, material, createdAt, encryptions }) => {
    const { waits, destroyed, expiresAt } = imported.get(version) ?? {};
    return {
      ...{ version, materialName: materialName.toString('hex') },
      material: material === 'present' && waits === true ? 'waiting' : material,
      ...{ createdAt: createdAt?.toISOString(), encryptions },
      expiresAt: destroyed === undefined ? expiresAt : undefined,
    };
  });
}
