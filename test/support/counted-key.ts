import { EventEmitter, once } from 'node:events';
import { type AtomicWrite, writeFileAtomically } from '../../src/durable/atomic-write.js';
import type { PlacedKeys } from '../../src/key-managers/sealed/keys/placed-keys.js';
import { systemClock } from '../../src/shared/clock.js';
import {
  currentRef,
  encryptTimes,
  type KeyFolderFixture,
  makeKeyFolder,
  refusalOf,
} from './key-folder.js';

/** Few enough encryptions that a test can use them up. */
export const smallLimits = { blockSize: 4, perVersion: 12 };

/** A disk that fails, or holds its writes back, when a test says so. */
export class TroubledDisk {
  /** Which files cannot be written. */
  isBroken: (path: string) => boolean = () => false;
  writes = 0;
  readonly #gate = new EventEmitter();
  #held: Promise<unknown> | undefined;

  readonly write: AtomicWrite = async (path, contents) => {
    this.writes += 1;
    await this.#held;
    if (this.isBroken(path)) throw new Error('ENOSPC: no space left on device');
    await writeFileAtomically(path, contents);
  };

  /** Holds all writes back until the function that it returns is called. */
  hold(): () => void {
    this.#held = once(this.#gate, 'open');
    return () => {
      this.#held = undefined;
      this.#gate.emit('open');
    };
  }
}

/** A folder with the key `k`, small limits, a troubled disk, and a clock that a test turns. */
export interface CountedKey {
  readonly clock: { at: number };
  readonly folder: KeyFolderFixture;
  readonly disk: TroubledDisk;
  readonly manager: PlacedKeys;
  /** Closes the folder and opens it again, by the same disk. */
  readonly reopen: (current?: PlacedKeys) => Promise<PlacedKeys>;
}

/** Makes a {@link CountedKey}. */
export async function makeCountedKey(): Promise<CountedKey> {
  const clock = { at: 0, now: () => systemClock.now(), monotonic: () => clock.at };
  const folder = await makeKeyFolder({ ports: { clock } });
  const disk = new TroubledDisk();
  const start = { init: true, limits: smallLimits, writeFile: disk.write };
  const manager = await folder.open(start);
  await manager.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
  return {
    clock,
    folder,
    disk,
    manager,
    async reopen(current = manager) {
      await current.node.close();
      return folder.open(start);
    },
  };
}

/** The number of the current version of `k`. */
export async function versionOf(manager: PlacedKeys): Promise<number> {
  return (await currentRef(manager, 'k')).version.version;
}

/** Encrypts once with `k`. @returns the code with which it was refused */
export function encryptOnce(manager: PlacedKeys): Promise<string | undefined> {
  return refusalOf(encryptTimes(manager, 'k', 1));
}

/** Makes as many encryptions as one reservation has. */
export async function useUpTheBlock(manager: PlacedKeys): Promise<void> {
  await encryptTimes(manager, 'k', smallLimits.blockSize);
}
