import type { KeyRef, KeySummary, KeyUsage, KeyVersion, VersionSummary } from '../backend.js';
import type { EncryptionCounts } from './encryption-counts.js';
import { knownKeyOf } from './key-directory.js';
import type { KeyReply, VersionReply } from './wire/messages.js';

const EXHAUSTED =
  'it has made all the encryptions that its material allows; Decrypt still works. ' +
  'Give it a new version: rotate it';

/** Describes a key of a token for administrators. @param counts undefined where nobody counts */
export async function summaryOf(
  reply: KeyReply,
  counts: EncryptionCounts | undefined,
): Promise<KeySummary> {
  const { externalKeyId, problem } = reply;
  if (problem !== undefined) return { description: unusable(externalKeyId), problem };
  for (const version of knownKeyOf(reply).description.versions.values()) {
    await counts?.left({ externalKeyId, version }); // Read, so that it is known to be exhausted.
  }
  const { description } = knownKeyOf(reply, {
    isExhausted: (name) => counts?.isExhausted(name) === true,
  });
  const { current: version } = description;
  const known = { description, ...originOf(reply), versions: await versionsOf(reply, counts) };
  if (counts === undefined || version === undefined) return known;
  const encryptionsLeft = await counts.left({ externalKeyId, version });
  const [{ createdAt } = {}] = known.versions;
  return {
    ...known,
    encryptionsLeft,
    encryptionLimit: counts.limit,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(encryptionsLeft > 0 ? {} : { problem: EXHAUSTED }),
  };
}

/** Describes a key that waits for its first material. */
export function pendingImport(externalKeyId: string, usage: ReadonlySet<KeyUsage>): KeySummary {
  const nothing = { current: undefined, versions: new Map<number, KeyVersion>() };
  return {
    description: { externalKeyId, usage, enabled: true, ...nothing },
    origin: 'external',
    versions: [],
  };
}

/** The origin where the token says that it made all the material; NSS says so of none. */
function originOf({ versions }: KeyReply): Pick<KeySummary, 'origin'> {
  const isMade = versions.length > 0 && versions.every(({ isLocal }) => isLocal === true);
  return isMade ? { origin: 'generated' } : {};
}

async function versionsOf(
  { externalKeyId, versions }: KeyReply,
  counts: EncryptionCounts | undefined,
): Promise<readonly VersionSummary[]> {
  const encrypts = versions.filter(({ usage }) => usage.includes('ENCRYPT'));
  const newestThatEncrypts = encrypts.at(-1)?.version ?? Infinity;
  const summaries: VersionSummary[] = [];
  for (const reply of versions) {
    const material = reply.version > newestThatEncrypts ? 'waiting' : 'present';
    const version = versionOf(reply);
    const ref = { externalKeyId, version };
    summaries.push({ ...version, ...(await countedOf(ref, counts)), material });
  }
  return summaries;
}

async function countedOf(
  ref: KeyRef,
  counts: EncryptionCounts | undefined,
): Promise<Pick<VersionSummary, 'createdAt' | 'encryptions'>> {
  const createdAt = await counts?.createdAt(ref);
  const encryptions = await counts?.made(ref);
  return {
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(encryptions === undefined ? {} : { encryptions }),
  };
}

function versionOf({ version, materialName }: VersionReply): KeyVersion {
  return { version, materialName: Buffer.from(materialName, 'hex') };
}

function unusable(externalKeyId: string): KeySummary['description'] {
  return {
    externalKeyId,
    usage: new Set(),
    enabled: false,
    current: undefined,
    versions: new Map(),
  };
}
