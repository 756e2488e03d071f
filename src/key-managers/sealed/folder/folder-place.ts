import type { CounterBlock } from '../../../state/store.js';
import { KeyManagerError } from '../../backend.js';
import {
  countsOf,
  reservedIn,
  type VersionCount,
  withReserved,
} from '../../counting/counter-file.js';
import type { CountingLimits } from '../../counting/counting-limits.js';
import { fileNameOf } from '../../counting/key-names.js';
import type { BackendPorts } from '../../definition.js';
import { type KeyDocument, parseKeyDocument } from '../keys/key-document.js';
import {
  type CountedVersion,
  type DestroyedKey,
  type KeyPlace,
  lowercasedIdsOf,
  type RemovedKey,
} from '../keys/place.js';
import { isCredible, readCredibleCounter } from './credible-counter.js';
import { type DestroyedDocument, parseDestroyedDocument } from './destroyed-document.js';
import { destroyedKeysIn, finishDestruction } from './finish-destruction.js';
import type { KeyFolder } from './key-folder.js';
import { WrappingKeyFiles } from './wrapping-key-files.js';

const NO_COUNTS: readonly VersionCount[] = [];

/** The name in the count of a version that never came to be. */
const UNKNOWN_NAME = '0000000000000000';

/** A folder as the place of keys, which is this process's alone. */
export class FolderPlace implements KeyPlace {
  readonly name = 'the disk';
  readonly problems: readonly string[] = [];
  readonly perVersion: number;
  readonly wrappingKeys: WrappingKeyFiles;
  readonly #folder: KeyFolder;
  readonly #limits: CountingLimits;
  readonly #ports: BackendPorts;
  /** The counts of all versions of a key, by its id; empty for a key with one. */
  readonly #counts = new Map<string, readonly VersionCount[]>();
  /** The ids of destroyed keys, in lower case; undefined until somebody asks for them. */
  #destroyed: ReadonlySet<string> | undefined;

  constructor(folder: KeyFolder, limits: CountingLimits, ports: BackendPorts) {
    this.perVersion = limits.perVersion;
    this.wrappingKeys = new WrappingKeyFiles(folder);
    this.#folder = folder;
    this.#limits = limits;
    this.#ports = ports;
  }

  blockSize(): number {
    return this.#limits.blockSize;
  }

  async beginCount(version: CountedVersion): Promise<CounterBlock> {
    const { externalKeyId } = version;
    this.#counts.delete(externalKeyId);
    const counter = await this.#folder.readCounter(externalKeyId);
    return this.#reserve(version, reservedIn(counter, namesOf(version)) ?? 0);
  }

  nextBlock(version: CountedVersion, reserved: number): Promise<CounterBlock | undefined> {
    return this.#reserve(version, reserved);
  }

  /** A count that nobody knows is as good as full. */
  async reservedOf(version: CountedVersion): Promise<number> {
    const counter = await this.#folder.readCounter(version.externalKeyId);
    return reservedIn(counter, namesOf(version)) ?? this.perVersion;
  }

  async writeDocument(
    ...[document, , erases]: Parameters<KeyPlace['writeDocument']>
  ): Promise<number> {
    await this.#folder.writeDocument(document.read(), erases);
    return 0;
  }

  async storedDocument(externalKeyId: string): Promise<KeyDocument | undefined> {
    if (!(await this.#folder.hasDocument(externalKeyId))) return undefined;
    const fileName = fileNameOf(externalKeyId);
    return parseKeyDocument(fileName, await this.#folder.readDocument(fileName));
  }

  async removeDocument({ document, highestVersion }: RemovedKey): Promise<void> {
    const { externalKeyId } = document;
    const destroyedAt = new Date(this.#ports.clock.now()).toISOString();
    const destroyed = { format: 2, externalKeyId, destroyedAt } as const;
    await this.#noteHighestVersion(document, highestVersion);
    await this.#folder.writeDestroyed(destroyed);
    await this.#finishDestruction(destroyed);
  }

  /** This process alone removes, and what it has removed is in memory no more. */
  isRemoved(): boolean {
    return false;
  }

  async assertErased(externalKeyId: string, revision?: number): Promise<void> {
    if (revision !== undefined) return; // Read back by whoever erased it.
    const text = await this.#folder.documentText(externalKeyId);
    const destroyed = text === undefined ? undefined : parseDestroyedDocument(text);
    if (destroyed !== undefined) await this.#finishDestruction(destroyed);
    else if (text === undefined) return;
    else throw new KeyManagerError('conflict', foreignDocument(externalKeyId));
    if ((await this.#folder.documentText(externalKeyId)) === undefined) return;
    throw new KeyManagerError('internal', `the document of ${externalKeyId} is still there`);
  }

  documentNameOf(externalKeyId: string): string {
    return fileNameOf(externalKeyId);
  }

  async highestVersion(externalKeyId: string): Promise<number> {
    const left = await readCredibleCounter(externalKeyId, 0, this.#folder, this.#ports);
    return left?.version ?? 0;
  }

  async occupant(externalKeyId: string): Promise<string | undefined> {
    if (await this.#folder.hasDocument(externalKeyId)) return foreignDocument(externalKeyId);
    this.#destroyed ??= lowercasedIdsOf(await destroyedKeysIn(this.#folder));
    if (!this.#destroyed.has(externalKeyId.toLowerCase())) return undefined;
    return `the id ${externalKeyId} belonged to a key that was destroyed, and is never used again`;
  }

  destroyedKeys(): Promise<readonly DestroyedKey[]> {
    return destroyedKeysIn(this.#folder);
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

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.#folder.close();
  }

  async #finishDestruction(destroyed: DestroyedDocument): Promise<void> {
    await finishDestruction(this.#folder, destroyed);
    this.#destroyed = undefined;
  }

  /** The numbers of versions stay, also of one whose count was lost. */
  async #noteHighestVersion(
    { externalKeyId, versions }: KeyDocument,
    version: number,
  ): Promise<void> {
    const counter = await this.#folder.readCounter(externalKeyId);
    if (version === 0 || (counter?.version ?? 0) >= version) return;
    const materialName = versions.at(-1)?.materialName ?? UNKNOWN_NAME;
    const reserved = this.perVersion;
    const counted = { version, materialName, reserved };
    await this.#folder.writeCounter(withReserved(countsOf(counter), externalKeyId, counted));
  }

  /** One file a key, for all its versions. It is read once, so that a block takes one write. */
  async #reserve(counted: CountedVersion, from: number): Promise<CounterBlock> {
    const { externalKeyId } = counted;
    const own = { ...namesOf(counted), reserved: from + this.#limits.blockSize };
    const before = this.#counts.get(externalKeyId) ?? (await this.#countsOnDisk(counted));
    const counter = withReserved(before, externalKeyId, own);
    await this.#folder.writeCounter(counter);
    // Of one version there is nothing to remember: it is counted by whoever has its budget.
    this.#counts.set(externalKeyId, counter.others === undefined ? NO_COUNTS : countsOf(counter));
    return { from, to: own.reserved };
  }

  async #countsOnDisk({ externalKeyId, version }: CountedVersion) {
    const found = await this.#folder.readCounter(externalKeyId);
    return found !== undefined && isCredible(found, version.version) ? countsOf(found) : NO_COUNTS;
  }
}

function namesOf({ version: { version, materialName } }: CountedVersion) {
  return { version, materialName: materialName.toString('hex') };
}

function foreignDocument(externalKeyId: string): string {
  return `a document of ${externalKeyId} has come into the folder since the start; start again to read it`;
}
