import { createHash, randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { type AtomicWrite, writeFileAtomically } from '../../src/durable/atomic-write.js';
import type { KeyRef } from '../../src/key-managers/backend.js';
import { EncryptionCounts } from '../../src/key-managers/pkcs11/encryption-counts.js';
import { systemClock } from '../../src/shared/clock.js';
import { Deadline } from '../../src/shared/deadline.js';
import type { State } from '../../src/state/state.js';
import { captureLog } from './log-lines.js';
import { temporaryFolder } from './temporary-folder.js';

/** A replica's share is 100 of the 200 that two may make. */
export const WHOLE = 200;
/** The size of a block in a folder. */
export const BLOCK = 10;

/** A key of one version, with material of its own. */
export const refOf = (externalKeyId: string): KeyRef => {
  const materialName = createHash('sha256').update(externalKeyId).digest().subarray(0, 8);
  return { externalKeyId, version: { version: 1, materialName } };
};
/** The name of its counter in the state store. */
export const counterOf = (externalKeyId: string) =>
  `encryptions/hsm/${refOf(externalKeyId).version.materialName.toString('hex')}`;

/** What a test wants of a replica. */
export interface ReplicaOptions {
  readonly directory?: string;
  readonly state?: State | undefined;
  readonly replicas?: number;
  readonly writeFile?: AtomicWrite;
}

/** The counts of one replica; the folder is let go when the test ends, or by `close`. */
export async function countsOf({
  directory = temporaryFolder(),
  replicas = 2,
  writeFile = writeFileAtomically,
  state,
}: ReplicaOptions) {
  const log = captureLog();
  const shareOf = (parts: number) => Math.floor(WHOLE / parts);
  const counts = await EncryptionCounts.open(
    {
      keyManager: 'hsm',
      folder: { directory, writeFile },
      ports: { clock: systemClock, randomBytes, log: log.logger, ...(state && { state }) },
      limits: { blockSize: BLOCK, perVersion: shareOf(replicas) },
      replicas,
      shareOf,
    },
    1,
  );
  let isOpen = true;
  const close = async () => {
    if (isOpen) await counts.close();
    isOpen = false;
  };
  onTestFinished(close);
  return { counts, directory, close };
}

/** Encrypts, as far as counting goes. */
export async function count(counts: EncryptionCounts, externalKeyId: string, times: number) {
  for (let made = 0; made < times; made += 1) {
    await counts.count(refOf(externalKeyId), Deadline.after(systemClock, 5_000));
  }
}

/** Encrypts until that is refused. @returns how often, and the reason */
export async function countAll(counts: EncryptionCounts, externalKeyId: string) {
  for (let made = 0; ; made += 1) {
    try {
      await count(counts, externalKeyId, 1);
    } catch (error) {
      return { made, code: (error as { code?: unknown }).code };
    }
  }
}

/** Encrypts so often, or until that is refused. @returns how often */
export async function countUpTo(counts: EncryptionCounts, times: number): Promise<number> {
  for (let made = 0; made < times; made += 1) {
    try {
      await count(counts, 'k', 1);
    } catch {
      return made;
    }
  }
  return times;
}
