import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeySummary } from '../backend.js';
import {
  type AdministrationPorts,
  budget,
  type FoundKey,
  findKey,
  mustFindKey,
  summaryOf,
} from './known-transit-key.js';
import type { KeySettings } from './transit-acts.js';
import { heldVersion, newestVersion, oldestVersion } from './transit-key.js';

/**
 * Makes a new version, or lets the imported one that waits encrypt. Transit's rotate has no
 * compare-and-set: the key is read before, and whoever calls keeps two replicas apart.
 *
 * @throws KeyManagerError
 */
export async function rotateKey(
  ports: AdministrationPorts,
  externalKeyId: string,
  from: number,
): Promise<KeySummary> {
  const deadline = budget(ports);
  const found = await mustFindKey(ports, externalKeyId, deadline);
  const { transitKey, key } = found;
  const { acts } = ports;
  const newest = newestVersion(key);
  const held = heldVersion(key);
  if ((held ?? newest) > from) return summaryOf(ports, externalKeyId, key);
  if (newest < from) {
    throw new KeyManagerError('conflict', `${externalKeyId} has no version ${from} to rotate from`);
  }
  if (newest > from) {
    await acts.configure(transitKey, { min_encryption_version: newest }, deadline);
  } else if (key.imported_key === true) {
    throw new KeyManagerError(
      'conflict',
      `${externalKeyId} is imported, and Transit makes no material for it. Import new material, and ` +
        'rotate to it.',
    );
  } else {
    await acts.rotate(transitKey, deadline);
  }
  const after = await readBack(ports, found);
  if ((heldVersion(after) ?? newestVersion(after)) > from) {
    return summaryOf(ports, externalKeyId, after);
  }
  throw new KeyManagerError('internal', `${transitKey} was rotated and has no newer version`);
}

/**
 * Soft-deletes a key, or restores it: OpenBao alone has that.
 *
 * @throws KeyManagerError `unsupported` for a server without it
 */
export async function setKeyEnabled(
  ports: AdministrationPorts,
  externalKeyId: string,
  enabled: boolean,
): Promise<KeySummary> {
  const deadline = budget(ports);
  const found = await mustFindKey(ports, externalKeyId, deadline);
  if (found.key.soft_deleted === !enabled) return summaryOf(ports, externalKeyId, found.key);
  await ports.acts.setSoftDeleted(found.transitKey, !enabled, deadline);
  const after = await readBack(ports, found);
  if (after.soft_deleted === !enabled) return summaryOf(ports, externalKeyId, after);
  throw new KeyManagerError(
    'internal',
    `${found.transitKey} is ${enabled ? 'still' : 'not'} soft-deleted`,
  );
}

/**
 * Destroys the oldest version of a key.
 *
 * @throws KeyManagerError `unsupported` for any other one
 */
export async function destroyVersion(
  ports: AdministrationPorts,
  externalKeyId: string,
  version: number,
): Promise<void> {
  const deadline = budget(ports);
  const found = await findKey(ports, externalKeyId, deadline);
  if (found === undefined || version < oldestVersion(found.key)) return;
  assertIsOldest(found, version);
  const oldest = version + 1;
  const settings = settingsFor(found, oldest);
  await ports.acts.configure(found.transitKey, settings, deadline);
  await ports.acts.trim(found.transitKey, oldest, deadline);
  if (oldestVersion(await readBack(ports, found)) > version) return;
  throw new KeyManagerError('internal', `version ${version} of ${found.transitKey} is still there`);
}

/** Destroys a key with all its versions. @throws KeyManagerError */
export async function destroyKey(ports: AdministrationPorts, externalKeyId: string): Promise<void> {
  const deadline = budget(ports);
  const found = await findKey(ports, externalKeyId, deadline);
  if (found === undefined) return;
  const { transitKey, key } = found;
  const { acts } = ports;
  await unlessGone(ports, found, async () => {
    if (!key.deletion_allowed) {
      await acts.configure(transitKey, { deletion_allowed: true }, deadline);
    }
    await acts.destroy(transitKey, deadline);
  });
  ports.keys.forget(externalKeyId);
  if ((await ports.transit.readKey(transitKey, deadline)) === undefined) return;
  throw new KeyManagerError('internal', `${transitKey} was deleted and is still there`);
}

/** Reads a key after an act, so that the node does not go by what it remembers. */
export async function readBack(
  ports: AdministrationPorts,
  { externalKeyId, deadline }: { readonly externalKeyId: string; readonly deadline: Deadline },
): Promise<FoundKey['key']> {
  ports.keys.forget(externalKeyId);
  return (await mustFindKey(ports, externalKeyId, deadline)).key;
}

function assertIsOldest({ externalKeyId, key }: FoundKey, version: number): void {
  const oldest = oldestVersion(key);
  const current = heldVersion(key) ?? newestVersion(key);
  if (version > newestVersion(key)) {
    throw new KeyManagerError('version-not-found', `${externalKeyId} has no version ${version}`);
  }
  if (version >= current) {
    throw new KeyManagerError(
      'unsupported',
      `version ${version} of ${externalKeyId} encrypts, and Transit destroys the newest version only ` +
        'with its key. Rotate first, or delete the key.',
    );
  }
  if (version === oldest) return;
  throw new KeyManagerError(
    'unsupported',
    `Transit destroys the oldest version alone, which is ${oldest}, and none in the middle. Destroy ` +
      `the versions before ${version} of ${externalKeyId} first.`,
  );
}

/** The least versions without which Transit trims nothing; the version that encrypts stays. */
function settingsFor({ key }: FoundKey, oldest: number): KeySettings {
  const { min_decryption_version: decrypts, min_encryption_version: encrypts } = key;
  const decryptsFrom = Math.max(decrypts, oldest);
  const encryptsFrom = key.imported_key === true ? newestVersion(key) : decryptsFrom;
  return {
    min_decryption_version: decryptsFrom,
    min_encryption_version: encrypts >= oldest ? encrypts : encryptsFrom,
  };
}

/** Two replicas may finish one act: the second one finds the key gone. */
async function unlessGone(
  { transit }: AdministrationPorts,
  { transitKey, deadline }: FoundKey,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if ((await transit.readKey(transitKey, deadline)) !== undefined) throw error;
  }
}
