import {
  type KnownUse,
  type RetiredVersion,
  retireVersion as retire,
} from '../../external-keys/lifecycle/retire-version.js';
import type { KeyActs } from '../../external-keys/lifecycle/lifecycle-ports.js';
import type { Retirement } from '../../external-keys/record.js';
import type { UseSpan, VersionUse } from '../../external-keys/use/use-documents.js';
import type { KeySummary } from '../../key-managers/backend.js';
import { AdminError } from '../admin-error.js';
import { askActs } from '../ask-acts.js';
import type { KeyVersions } from '../contract/key-deletion.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { assertNoAlias, locateKey } from './locate-key.js';
import { MINUTE_MS } from '../../shared/durations.js';

type ListedVersion = KeyVersions['versions'][number];

/** Lists the versions of a key, and what is known of their use. @throws AdminError */
export async function listKeyVersions(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query }: RequestOf<Routes['listKeyVersions']>,
): Promise<AnswerOf<Routes['listKeyVersions']>> {
  const acts = await locateKey(inForce, externalKeyId, query);
  const { name: keyManager } = acts.ports.keyManager;
  const record = acts.ports.records.keyRecordOf(externalKeyId)?.value;
  await inForce.keyUse.tell();
  const uses = inForce.keyUse.of(keyManager, externalKeyId);
  const summary = await summaryOf(acts, externalKeyId);
  if (summary === undefined && record === undefined) {
    assertNoAlias(acts.ports.records, externalKeyId);
    throw new AdminError('not-found', `There is no key "${externalKeyId}".`);
  }
  const retirements = new Map(record?.retirements?.map((each) => [each.version, each]));
  const listed = [
    ...(summary === undefined ? [] : versionsOf(summary)),
    ...(record?.destruction?.materials ?? []).map(goneVersion),
  ];
  const known = new Set(listed.map(({ version }) => version));
  for (const gone of retirements.values()) {
    if (!known.has(gone.version)) listed.push(goneVersion(gone));
  }
  const { sinceMs, gaps } = inForce.keyUse.reporting.completeness;
  return {
    ...{ externalKeyId, keyManager, gaps: [...gaps] },
    usesKnownSince: sinceMs === undefined ? undefined : new Date(sinceMs).toISOString(),
    versions: listed
      .map((each) => ({ ...each, ...usedAt(uses.get(each.version)) }))
      .map((each) => withRetirement(each, retirements.get(each.version)))
      .sort((a, b) => a.version - b.version),
  };
}

/** Lets a version wait for its destruction. @throws AdminError */
export async function retireKeyVersion(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query, body }: RequestOf<Routes['retireKeyVersion']>,
  by: string,
): Promise<AnswerOf<Routes['retireKeyVersion']>> {
  const acts = await locateKey(inForce, externalKeyId, query);
  const { name: keyManager } = acts.ports.keyManager;
  const wanted = await wantedRetirement(inForce, keyManager, externalKeyId, body);
  const { value } = await askActs(keyManager, () => retire(acts, externalKeyId, wanted, by));
  const retired = value.retirements?.find(({ version }) => version === body.version);
  const deletionAt = retired?.waiting?.dueAt ?? '';
  return { externalKeyId, keyManager, state: value.state, deletionAt };
}

/** The retirement that is asked for, with what is known now of the use of the version. */
export async function wantedRetirement(
  inForce: InForce,
  keyManager: string,
  externalKeyId: string,
  { version, unusedDays, days }: RequestOf<Routes['retireKeyVersion']>['body'],
): Promise<RetiredVersion> {
  await inForce.keyUse.tell();
  const namesMaterial = inForce.keyStores.keyStores
    .filter((each) => each.keyManager === keyManager && each.exposes(externalKeyId))
    .every((each) => each.namesMaterial);
  const use = knownUse(inForce, keyManager, externalKeyId, version);
  return { version, unusedDays, days, use, namesMaterial };
}

function knownUse(
  { keyUse }: InForce,
  keyManager: string,
  externalKeyId: string,
  version: number,
): KnownUse {
  const { encrypted, decrypted } = keyUse.of(keyManager, externalKeyId).get(version) ?? {};
  const lasts = [encrypted, decrypted].flatMap((span) => (span === undefined ? [] : [span[1]]));
  const { sinceMs, gaps } = keyUse.reporting.completeness;
  return {
    completeSinceMs: sinceMs,
    gaps,
    // The minute may have been used to its end.
    lastUsedMs: lasts.length === 0 ? undefined : (Math.max(...lasts) + 1) * MINUTE_MS,
  };
}

async function summaryOf(acts: KeyActs, externalKeyId: string): Promise<KeySummary | undefined> {
  const { name, administration } = acts.ports.keyManager;
  return askActs(name, async () => {
    const keys = (await administration.listKeys?.()) ?? [];
    return keys.find(({ description }) => description.externalKeyId === externalKeyId);
  });
}

function versionsOf({ description, versions }: KeySummary): ListedVersion[] {
  const current = description.current?.version;
  if (versions === undefined) {
    return [...description.versions.values()].map(({ version, materialName }) => ({
      ...{ version, materialName: materialName.toString('hex'), material: 'present' },
      isCurrent: version === current,
    }));
  }
  return versions.map(({ version, materialName, material, createdAt, encryptions }) => ({
    ...{ version, materialName: materialName.toString('hex'), material, encryptions },
    createdAt: createdAt?.toISOString(),
    isCurrent: version === current,
  }));
}

function goneVersion({
  version,
  materialName,
}: Pick<Retirement, 'version' | 'materialName'>): ListedVersion {
  return { version, materialName, material: 'destroyed', isCurrent: false };
}

function withRetirement(listed: ListedVersion, retired: Retirement | undefined): ListedVersion {
  if (retired === undefined) return listed;
  const { destroyed, waiting, told } = retired;
  const destroyedAt = destroyed?.at ?? told?.destroyedAt;
  return destroyedAt === undefined
    ? { ...listed, material: 'pending-deletion', deletionAt: waiting?.dueAt }
    : { ...listed, material: 'destroyed', destroyedAt };
}

function usedAt(use: VersionUse = {}): Pick<ListedVersion, 'encrypted' | 'decrypted'> {
  return { encrypted: spanOf(use.encrypted), decrypted: spanOf(use.decrypted) };
}

function spanOf(span: UseSpan | undefined) {
  if (span === undefined) return undefined;
  const [first, last] = span.map((minute) => new Date(minute * MINUTE_MS).toISOString());
  return { first: first ?? '', last: last ?? '' };
}
