import { KeyManagerError } from '../../key-managers/backend.js';
import type { ImportedVersion } from '../imported.js';
import type { Recorded } from '../key-records.js';
import type { KeyRecord } from '../record.js';
import { assertMaterialCanGo, importedKey } from './imported-key.js';
import { namedMaterial, presentVersions } from './known-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { BegunRecord, CarryOut, KeyActs, LifecyclePorts } from './lifecycle-ports.js';
import { tellDestroyed } from './tell-destroyed.js';

/**
 * Destroys all imported material of a key at once: what it has encrypted cannot be decrypted before
 * the same material is imported again.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function deleteImportedMaterial(
  acts: KeyActs,
  externalKeyId: string,
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { record, versions } = await deletableMaterial(acts.ports, externalKeyId);
  return destroyMaterial(acts, record, versions, by);
}

/**
 * Finds the imported material of a key that may be deleted now, and changes nothing.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function deletableMaterial(
  ports: LifecyclePorts,
  externalKeyId: string,
): Promise<{
  readonly record: Recorded<KeyRecord>;
  readonly versions: readonly ImportedVersion[];
}> {
  const record = await importedKey(ports, externalKeyId, 'delete-imported-material');
  assertMaterialCanGo(ports);
  const versions = (record.value.imports ?? []).filter(({ destroyed }) => destroyed === undefined);
  if (versions.length > 0) return { record, versions };
  throw new LifecycleError('invalid-state', `${externalKeyId} has no imported material`);
}

/**
 * Destroys the imported material of some versions of a key.
 *
 * @throws LifecycleError, StateError or KeyManagerError
 */
export async function destroyMaterial(
  acts: KeyActs,
  record: Recorded<KeyRecord>,
  imported: readonly ImportedVersion[],
  by: string,
): Promise<Recorded<KeyRecord>> {
  const { externalKeyId } = record.value;
  const versions = imported.map(({ version }) => version);
  const present = await presentVersions(acts.ports, externalKeyId);
  const materials = [...present.values()]
    .filter(({ version }) => versions.includes(version))
    .map(namedMaterial);
  const masterKeyId = await acts.ports.keyManager.administration.masterKeyIdOf?.(externalKeyId);
  const facts = { materials, ...(masterKeyId !== undefined && { masterKeyId }) };
  return acts.perform(record, { act: 'delete-material', versions, ...facts }, by);
}

/**
 * Destroys material of versions: every live replica refuses the key before the first is gone, and
 * the key manager has none of it afterwards.
 */
export const carryOutDeleteMaterial: CarryOut = async (ports, record) => {
  const { records, clock } = ports;
  const { externalKeyId, intent } = record;
  const { versions = [], materials = [], masterKeyId, begun } = intent;
  const revision = records.keyRecordOf(externalKeyId)?.revision ?? 0;
  await ports.settled(revision);
  for (const version of versions) await destroyOne(ports, externalKeyId, version);
  const left = [...(await presentVersions(ports, externalKeyId)).keys()];
  if (left.some((version) => versions.includes(version))) {
    const message = `material of ${externalKeyId} is still there after its destruction`;
    throw new KeyManagerError('internal', message);
  }
  const done = { at: new Date(clock.now()).toISOString(), by: begun.by };
  if (materials.length > 0) {
    const asked = { ...begun, days: 0 };
    const facts = { extent: 'imported-material', materials, masterKeyId, asked } as const;
    await tellDestroyed(ports, record, { ...facts, done, isTold: false });
  }
  return withDestroyed(record, done);
};

/** Once begun, it is not undone: a refusal after the first version would forget what is gone. */
async function destroyOne(
  { keyManager }: LifecyclePorts,
  externalKeyId: string,
  version: number,
): Promise<void> {
  try {
    await keyManager.administration.destroyVersion?.(externalKeyId, version);
  } catch (cause) {
    if (cause instanceof KeyManagerError && isGone(cause)) return;
    const message = `version ${version} of ${externalKeyId} cannot be destroyed`;
    throw new KeyManagerError('internal', message, { cause });
  }
}

function isGone({ code }: KeyManagerError): boolean {
  return code === 'version-not-found' || code === 'key-not-found';
}

function withDestroyed(
  { intent, imports = [], ...record }: BegunRecord,
  destroyed: ImportedVersion['imported'],
): KeyRecord {
  const { versions = [] } = intent;
  return {
    ...record,
    imports: imports.map((each) =>
      versions.includes(each.version) ? { ...each, destroyed } : each,
    ),
  };
}
