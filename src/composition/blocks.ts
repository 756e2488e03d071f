import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Blocks, type BlocksPorts } from '../authorization/blocks/blocks.js';
import { KeptBlocks, KeptBlocksError } from '../authorization/blocks/kept-blocks.js';
import type { Configuration } from '../configuration/schema.js';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { makePrivateFolder } from '../durable/private.js';
import { masterKeyFrom } from '../sealing/master-key.js';
import { REPLICA_FOLDER } from '../state/config.js';

const FILE = 'blocks.json';

/**
 * Opens what operators have blocked.
 *
 * @throws KeptBlocksError, or the file system's error
 */
export async function openBlocks(
  { state, stateDirectory }: Pick<Configuration, 'state' | 'stateDirectory'>,
  ports: Omit<BlocksPorts, 'kept'>,
): Promise<Blocks> {
  const folder = join(stateDirectory, REPLICA_FOLDER);
  const { sealing } = state;
  const file = join(folder, FILE);
  // What is blocked stays so, also where somebody has taken the key out of the configuration.
  if (sealing === undefined && existsSync(file)) {
    throw new KeptBlocksError(file, 'the configuration has no state.sealing');
  }
  const kept =
    sealing &&
    new KeptBlocks(file, masterKeyFrom(sealing, randomBytes), async (path, contents) => {
      await makePrivateFolder(folder);
      await writeFileAtomically(path, contents);
    });
  return Blocks.open({ ...ports, kept });
}
