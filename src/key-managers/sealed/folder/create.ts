import { type AtomicWrite, writeFileAtomically } from '../../../durable/atomic-write.js';
import type { FileRemoval } from '../../../durable/erase.js';
import { makePrivateFolder } from '../../../durable/private.js';
import { masterKeyFrom } from '../../../sealing/master-key.js';
import { KeyManagerError } from '../../backend.js';
import { countsOf } from '../../counting/counter-file.js';
import { BLOCK_SIZE, type CountingLimits } from '../../counting/counting-limits.js';
import { IvSource } from '../../counting/iv-source.js';
import { administrationOf } from '../keys/administration.js';
import type { FileKeyManagerConfig } from './config.js';
import { MAX_ENCRYPTIONS } from '../keys/max-encryptions.js';
import { PlaceGate } from '../keys/place-gate.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { withinStart } from '../keys/within-start.js';
import { SealedNode } from '../keys/sealed-node.js';
import { FolderPlace } from './folder-place.js';
import { loadFolder } from './load-folder.js';
import { hasKeyDocuments, KeyFolder } from './key-folder.js';
import { KeyRing } from '../keys/key-ring.js';
import { WrappingKeys } from '../keys/wrapping-keys.js';
import type { BackendPorts, BackendStart } from '../../definition.js';

/** Limits of the encryptions under one version. */
const COUNTING_LIMITS: CountingLimits = { blockSize: BLOCK_SIZE, perVersion: MAX_ENCRYPTIONS };

/** The same start as every backend's, with what tests replace. */
export interface FileKeyManagerStart extends BackendStart {
  /** Other limits than {@link COUNTING_LIMITS}, for tests. */
  readonly limits?: CountingLimits;
  /** Another time that the start waits for new versions, for tests. */
  readonly renewalMs?: number;
  /** Another way to replace a file, for tests of disks that fail. */
  readonly writeFile?: AtomicWrite;
  /** Another way to remove a file, for the same. */
  readonly removeFile?: FileRemoval;
  /** Looks at the folder once it is locked, before anything is read from it. */
  readonly whenLocked?: () => Promise<void>;
}

/**
 * Opens a key folder and keeps it, locked, until `node.close()`.
 *
 * @throws KeyManagerError `misconfigured` for an empty or missing folder without `init`, and where
 *   the master key opens none of the documents; NotPrivateError; FolderInUseError;
 *   SealingError `invalid-master-key`
 */
export async function createFileKeyManagerNode(
  config: FileKeyManagerConfig,
  ports: BackendPorts,
  start: FileKeyManagerStart = {},
): Promise<PlacedKeys> {
  const { init = false, readOnly = false, limits = COUNTING_LIMITS } = start;
  const masterKey = masterKeyFrom(config.masterKey, ports.randomBytes);
  if (init) await makePrivateFolder(config.directory);
  else await assertNotEmpty(config);
  const folder = await (readOnly
    ? KeyFolder.openToRead(config.directory)
    : KeyFolder.open(config.directory, start.writeFile ?? writeFileAtomically, start.removeFile));
  try {
    await start.whenLocked?.();
    const gate = new PlaceGate(new FolderPlace(folder, limits, ports));
    const keyPorts = { place: gate, ports };
    const loaded = await loadFolder(masterKey, folder, keyPorts);
    const sealingKey = loaded.keys[0]?.sealingKey ?? (await masterKey.create());
    const ring = new KeyRing(loaded, sealingKey, keyPorts);
    if (!readOnly) {
      const renewing = ring.renewVersions().catch(() => {
        // Logged by the key; decryption goes on without a new version.
      });
      await withinStart(renewing, start.renewalMs);
      await ring.makeHealthTestKey();
    }
    const ivs = new IvSource(ports.randomBytes);
    return {
      node: new SealedNode({ identity: config, ring, place: gate, ivs }),
      administration: administrationOf({
        ring,
        wrappingKeys: new WrappingKeys(masterKey, sealingKey, keyPorts),
      }),
      ring,
      gate,
      isShared: false,
      directory: config.directory,
      counts: () => countsIn(folder, ring),
      refusal: () => undefined,
      release: () => folder.close(),
    };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function countsIn(folder: KeyFolder, ring: KeyRing): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { externalKeyId } of ring.keys) {
    const counter = await folder.readCounter(externalKeyId);
    for (const { materialName, reserved } of countsOf(counter)) counts.set(materialName, reserved);
  }
  return counts;
}

async function assertNotEmpty({ name, directory }: FileKeyManagerConfig): Promise<void> {
  if (await hasKeyDocuments(directory)) return;
  throw new KeyManagerError(
    'misconfigured',
    `The key manager ${name} finds no key documents in ${directory}. ` +
      'A volume that is not mounted looks the same, so nothing is made there. ' +
      'If this is a new, empty key folder, start once with --init.',
  );
}
