import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AtomicWrite } from '../../../durable/atomic-write.js';
import { ifThere } from '../../../shared/errno.js';
import { KeyManagerError, type KeyRef } from '../../backend.js';
import {
  type CounterFile,
  parseCounterFile,
  parseCounterFileOfAnyKey,
  renderCounterFile,
} from '../../counting/counter-file.js';
import type { CountingLimits } from '../../counting/counting-limits.js';
import type { BlockTaken, CountSource, KnownCount } from './count-source.js';

const COUNTER_NAME = /^[0-9a-f]{16}\.json$/;

/** The folder of a replica's own counts, and how its files are replaced. */
export interface CountsFolder {
  readonly directory: string;
  readonly writeFile: AtomicWrite;
}

/** The counts of one replica, with a file for each material, up to the replica's own share. */
export class FolderCounts implements CountSource {
  readonly name = 'the disk';
  readonly isOfAll: boolean;
  readonly limit: number;
  readonly #folder: CountsFolder;
  readonly #blockSize: number;
  readonly #writing = new Set<Promise<unknown>>();

  /** @param replicas that encrypt with these keys, each with a folder of its own */
  constructor(folder: CountsFolder, limits: CountingLimits, replicas = 1) {
    this.isOfAll = replicas === 1;
    this.#folder = folder;
    this.#blockSize = limits.blockSize;
    this.limit = limits.perVersion;
  }

  blockSize(): number {
    return this.#blockSize;
  }

  /** The file has it, and is read once. */
  createdAt(): undefined {
    return undefined;
  }

  async read({ externalKeyId, version }: KeyRef): Promise<KnownCount> {
    const path = this.#pathOf(version.materialName.toString('hex'));
    const text = await readCounter(path);
    // A missing file means that this replica has not used the key before.
    if (text === undefined) return { reserved: 0 };
    const counter = parseCounterFile(externalKeyId, text);
    if (counter !== undefined) return counter;
    throw damaged(path, `or belongs to another key than ${externalKeyId}`);
  }

  readAgain(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async take(ref: KeyRef, { reserved, createdAt }: KnownCount, size: number): Promise<BlockTaken> {
    if (reserved >= this.limit) return 'full';
    const { externalKeyId, version } = ref;
    const materialName = version.materialName.toString('hex');
    const to = Math.min(reserved + size, this.limit);
    const counter = { externalKeyId, version: version.version, materialName, createdAt };
    const text = renderCounterFile({ format: 1, ...counter, reserved: to });
    const writing = this.#folder.writeFile(this.#pathOf(materialName), text);
    this.#writing.add(writing);
    try {
      await writing;
    } finally {
      this.#writing.delete(writing);
    }
    return { from: reserved, to };
  }

  /** Reads every counter, when no write is under way. @throws KeyManagerError for a damaged one */
  async readAll(): Promise<readonly CounterFile[]> {
    await Promise.allSettled(this.#writing);
    const { directory } = this.#folder;
    const names = (await readdir(directory)).filter((name) => COUNTER_NAME.test(name)).sort();
    return Promise.all(
      names.map(async (name) => {
        const path = join(directory, name);
        const counter = parseCounterFileOfAnyKey((await readCounter(path)) ?? '');
        if (counter?.materialName === name.slice(0, -'.json'.length)) return counter;
        throw damaged(path);
      }),
    );
  }

  #pathOf(name: string): string {
    return join(this.#folder.directory, `${name}.json`);
  }
}

function readCounter(path: string): Promise<string | undefined> {
  return ifThere(readFile(path, 'utf8')).catch((cause: unknown) => {
    throw new KeyManagerError('internal', `${path} cannot be read`, { cause });
  });
}

function damaged(path: string, orElse = ''): KeyManagerError {
  const what = orElse === '' ? 'is damaged' : `is damaged ${orElse}`;
  return new KeyManagerError(
    'internal',
    `${path} ${what}, so it is not known how often the key has encrypted. ` +
      'Restore it, or raise priorEncryptions and remove it.',
  );
}
