import { type AtomicWrite, writeFileAtomically } from '../../durable/atomic-write.js';
import { makePrivateFolder } from '../../durable/private.js';
import { masterKeyFrom } from '../../sealing/master-key.js';
import { type KeyAdministration, KeyManagerError, type KeyManagerNode } from '../backend.js';
import { BLOCK_SIZE, type CountingLimits } from '../counting/counting-limits.js';
import { IvSource } from '../counting/iv-source.js';
import { administrationOf } from './administration.js';
import type { FileKeyManagerConfig } from './config.js';
import { FileNode } from './file-node.js';
import { hasKeyDocuments, KeyFolder } from './key-folder.js';
import { KeyRing } from './key-ring.js';
import type { BackendPorts, BackendStart } from '../definition.js';

/**
 * Half of the 2^32 encryptions that random 96-bit IVs allow under one key. The other half is the
 * margin for a counter that came back from an old backup.
 *
 * @see NIST SP 800-38D, section 8.3
 */
const COUNTING_LIMITS: CountingLimits = { blockSize: BLOCK_SIZE, perVersion: 2 ** 31 };

/** A key folder at work. `node.close()` ends it and lets another process have the folder. */
export interface FileKeyManager {
  readonly node: KeyManagerNode;
  readonly administration: Required<KeyAdministration>;
}

/** The same start as every backend's, with what tests replace. */
export interface FileKeyManagerStart extends BackendStart {
  /** Other limits than {@link COUNTING_LIMITS}, for tests. */
  readonly limits?: CountingLimits;
  /** Another way to replace a file, for tests of disks that fail. */
  readonly writeFile?: AtomicWrite;
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
): Promise<FileKeyManager> {
  const { init = false, readOnly = false, limits = COUNTING_LIMITS } = start;
  const masterKey = masterKeyFrom(config.masterKey, ports.randomBytes);
  if (init) await makePrivateFolder(config.directory);
  else await assertNotEmpty(config);
  const folder = await (readOnly
    ? KeyFolder.openToRead(config.directory)
    : KeyFolder.open(config.directory, start.writeFile ?? writeFileAtomically));
  try {
    const keyPorts = { folder, ports, limits };
    const ring = await (readOnly
      ? KeyRing.read(masterKey, keyPorts)
      : KeyRing.load(masterKey, keyPorts));
    return {
      node: new FileNode(config, ring, folder, new IvSource(ports.randomBytes)),
      administration: administrationOf(ring),
    };
  } catch (error) {
    await folder.close();
    throw error;
  }
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
