import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type KeyAdministration,
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
} from '../../src/key-managers/backend.js';
import { checkedAdministration } from '../../src/key-managers/nodes/checked-administration.js';
import type { Sealed } from '../../src/shared/key-material.js';
import type { CountingLimits } from '../../src/key-managers/counting/counting-limits.js';
import { startFileKeys, startSealedKeys } from '../../src/key-managers/sealed/move/start.js';
import { systemClock } from '../../src/shared/clock.js';
import { Deadline } from '../../src/shared/deadline.js';
import { Secret } from '../../src/shared/secret.js';
import type { StateCopy } from '../../src/state/copy/state-copy.js';
import type { StateStore } from '../../src/state/store.js';
import { canaries } from './canaries.js';
import { captureLog, type CapturedLog } from './log-lines.js';
import type { DyingParts } from './dying-parts.js';
import type { MemoryState } from './memory-state-store.js';
import { stateReplica } from './state-replica.js';
import { temporaryFolder } from './temporary-folder.js';

/** The start of one process with keys that can move. */
export interface MovingSettings {
  /** The state that replicas share, or this replica's own way to it. */
  readonly shared: MemoryState | StateStore;
  /** The key folder; absent for `type: sealed`. */
  readonly directory?: string;
  readonly parts?: DyingParts;
  readonly init?: boolean;
  readonly limits?: CountingLimits;
}

const ACTS = [
  'createKey',
  'listKeys',
  'moveKeys',
  'rotateKey',
  'destroyVersion',
  'destroyKey',
  'materialImport',
] as const;

/** The acts on sealed keys. */
export type MovingAdministration = {
  [Act in (typeof ACTS)[number]]-?: NonNullable<KeyAdministration[Act]>;
};

function canMove(administration: KeyAdministration): administration is MovingAdministration {
  return ACTS.every((name) => name in administration);
}

/** One process with keys that can move. */
export interface MovingKeys {
  readonly node: KeyManagerNode;
  readonly administration: MovingAdministration;
  readonly state: StateCopy;
  readonly log: CapturedLog;
  close(): Promise<void>;
}

/** Starts a process as the configuration would; it is closed when the test ends, if not earlier. */
export async function startMoving(settings: MovingSettings): Promise<MovingKeys> {
  const { shared, directory, parts, init = false, limits } = settings;
  const state = await stateReplica(shared, parts && { store: parts.store });
  const log = captureLog();
  const ports = { clock: systemClock, randomBytes, log: log.logger, state };
  const common = {
    name: 'files',
    location: 'here',
    masterKey: { key: new Secret(canaries.masterKey.toString('base64')) },
  };
  const start = {
    init,
    ...(parts && { writeFile: parts.writeFile, removeFile: parts.removeFile }),
    ...(limits && { limits, perVersion: limits.perVersion }),
  };
  const started = await (directory === undefined
    ? startSealedKeys({ ...common, type: 'sealed' }, ports, start)
    : startFileKeys({ ...common, type: 'file', directory }, ports, start));
  const {
    nodes: [node],
  } = started;
  const administration = checkedAdministration(started.administration);
  if (node === undefined || !canMove(administration)) throw new Error('sealed keys can move');
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await node.close();
    await state.close();
  };
  onTestFinished(close);
  return { node, administration, state, log, close };
}

/** Something that was encrypted, and what it must decrypt to. */
export interface Sample {
  readonly ref: KeyRef;
  readonly sealed: Sealed;
  readonly plaintext: Buffer;
}

const NO_AAD = Buffer.alloc(0);
const soon = () => Deadline.after(systemClock, 5_000);

/** Encrypts something under the current version of a key, also when that just gives way. */
export async function encryptSample(keys: MovingKeys, externalKeyId: string): Promise<Sample> {
  try {
    return await encryptOnce(keys, externalKeyId);
  } catch (error) {
    // As the pipeline does.
    const hasGivenWay = error instanceof KeyManagerError && error.code === 'conflict';
    if (!hasGivenWay) throw error;
    return encryptOnce(keys, externalKeyId);
  }
}

async function encryptOnce({ node }: MovingKeys, externalKeyId: string): Promise<Sample> {
  const { current } = await node.describeKey(externalKeyId, soon());
  if (current === undefined) throw new Error(`${externalKeyId} has no current version`);
  const ref = { externalKeyId, version: current };
  const plaintext = randomBytes(32);
  return { ref, sealed: await node.encrypt(ref, plaintext, NO_AAD, soon()), plaintext };
}

/** Tells whether each of these opens as it should. */
export async function allOpen({ node }: MovingKeys, samples: readonly Sample[]): Promise<boolean> {
  for (const { ref, sealed, plaintext } of samples) {
    const opened = await node.decrypt(ref, sealed, NO_AAD, soon());
    if (!opened.equals(plaintext)) return false;
  }
  return true;
}

/** The keys of {@link folderWithKeys}. */
export const KEYS = ['one', 'two'];
/** A key that may do everything. */
export const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
/** A key of {@link folderWithKeys} that is destroyed. */
export const GONE = 'gone';
/** Small blocks and versions, so that keys have several versions soon. */
export const LIMITS = { blockSize: 4, perVersion: 8 };

/** A folder with keys of several versions, something encrypted under each, and a destroyed key. */
export async function folderWithKeys(shared: MemoryState) {
  const directory = join(temporaryFolder(), 'keys');
  const keys = await startMoving({ shared, directory, init: true, limits: LIMITS });
  const samples: Sample[] = [];
  for (const key of KEYS) await keys.administration.createKey(key, BOTH);
  for (let made = 0; made < 10; made += 1) {
    for (const key of KEYS) samples.push(await encryptSample(keys, key));
  }
  await keys.administration.createKey(GONE, BOTH);
  await keys.administration.destroyKey(GONE);
  await keys.close();
  return { directory, samples };
}

/** Encrypts under every key, and tells whether that and what was encrypted before opens. */
export async function encryptsAll(keys: MovingKeys, samples: readonly Sample[]): Promise<boolean> {
  const made: Sample[] = [];
  for (const key of KEYS) made.push(await encryptSample(keys, key));
  return allOpen(keys, [...samples, ...made]);
}

/** Keys in the state store that have come from a folder. */
export async function inState(shared: MemoryState) {
  const { directory, samples } = await folderWithKeys(shared);
  const keys = await startMoving({ shared, directory });
  await keys.administration.moveKeys({ to: 'database' });
  await keys.close();
  return { samples };
}
