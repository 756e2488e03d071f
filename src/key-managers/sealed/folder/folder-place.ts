import type { CounterBlock } from '../../../state/store.js';
import type { CountingLimits } from '../../counting/counting-limits.js';
import { fileNameOf } from '../../counting/key-names.js';
import type { BackendPorts } from '../../definition.js';
import type { CountedVersion, KeyPlace } from '../keys/place.js';
import { readCredibleCounter } from './credible-counter.js';
import type { KeyFolder } from './key-folder.js';

/** A folder as the place of keys, which is this process's alone. */
export class FolderPlace implements KeyPlace {
  readonly name = 'the disk';
  readonly problems: readonly string[] = [];
  readonly perVersion: number;
  readonly #folder: KeyFolder;
  readonly #limits: CountingLimits;
  readonly #ports: BackendPorts;

  constructor(folder: KeyFolder, limits: CountingLimits, ports: BackendPorts) {
    this.perVersion = limits.perVersion;
    this.#folder = folder;
    this.#limits = limits;
    this.#ports = ports;
  }

  blockSize(): number {
    return this.#limits.blockSize;
  }

  beginCount(version: CountedVersion): Promise<CounterBlock> {
    return this.#reserve(version, 0);
  }

  nextBlock(version: CountedVersion, reserved: number): Promise<CounterBlock | undefined> {
    return this.#reserve(version, reserved);
  }

  async writeDocument(...[document]: Parameters<KeyPlace['writeDocument']>): Promise<number> {
    await this.#folder.writeDocument(document);
    return 0;
  }

  documentNameOf(externalKeyId: string): string {
    return fileNameOf(externalKeyId);
  }

  async highestVersion(externalKeyId: string): Promise<number> {
    const left = await readCredibleCounter(externalKeyId, 0, this.#folder, this.#ports);
    return left?.version ?? 0;
  }

  async occupant(externalKeyId: string): Promise<string | undefined> {
    if (!(await this.#folder.hasDocument(externalKeyId))) return undefined;
    return `a document of ${externalKeyId} has come into the folder since the start; start again to read it`;
  }

  isSettled(): boolean {
    return true;
  }

  whenSettled(): Promise<void> {
    return Promise.resolve();
  }

  caughtUp(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.#folder.close();
  }

  /** The file names the version and where its count has come to: one file a key. */
  async #reserve(
    { externalKeyId, version: { version, materialName } }: CountedVersion,
    from: number,
  ): Promise<CounterBlock> {
    const to = from + this.#limits.blockSize;
    const name = materialName.toString('hex');
    await this.#folder.writeCounter({
      format: 1,
      externalKeyId,
      version,
      materialName: name,
      reserved: to,
    });
    return { from, to };
  }
}
