import { hostname } from 'node:os';
import { Deadline } from '../../../shared/deadline.js';
import { StateError } from '../../../state/errors.js';
import type { State } from '../../../state/state.js';
import { type AdoptedCounters, KeyManagerError } from '../../backend.js';
import type { CounterFile } from '../../counting/counter-file.js';
import type { BackendPorts } from '../../definition.js';
import { type AdoptionMark, writeMark } from './adopted-folder.js';
import { type AdoptionDocument, countDocumentsOf } from './documents.js';
import type { CountsFolder, FolderCounts } from './folder-counts.js';
import { hasCode, type StoreCounts } from './store-counts.js';

const FOLDER_ID_BYTES = 16;
const REFRESH_BUDGET_MS = 5_000;

/** The parts that an adoption is handed. */
export interface AdoptionPorts {
  readonly keyManager: string;
  readonly folder: CountsFolder;
  readonly folderCounts: FolderCounts;
  readonly storeCounts: StoreCounts;
  readonly state: State;
  readonly ports: BackendPorts;
  /** The number of replicas by which the limit is shared, as configured. */
  readonly replicas: number;
}

/**
 * Takes the counters of one replica's folder over into the state store. The folder is marked first,
 * and counts no more. Then its counts are added, one by one, each noted when it is: a crash in
 * between adds one of them twice. Only then the replica's share is given to the store, so the count
 * of all may be too high meanwhile, and never too low. What was interrupted is taken up again.
 */
export class Adoption {
  readonly #adoptionPorts: AdoptionPorts;
  #mark: AdoptionMark | undefined;

  /** @param mark that of the folder; undefined for one that counts */
  constructor(adoptionPorts: AdoptionPorts, mark: AdoptionMark | undefined) {
    this.#adoptionPorts = adoptionPorts;
    this.#mark = mark;
  }

  /** True for a folder that counts no more, whether or not all of it is in the store. */
  get isBegun(): boolean {
    return this.#mark !== undefined;
  }

  /** True if all that the folder has counted is in the store. */
  get isDone(): boolean {
    return this.#mark?.standing === 'adopted';
  }

  /** True if the store hands out what is the share of every replica, this one's too. */
  get isWhole(): boolean {
    const document = this.#document;
    return document !== undefined && document.folders.length >= document.replicas;
  }

  /** The standing of all replicas; `replicas` as configured where no folder is added yet. */
  get report(): AdoptedCounters {
    const document = this.#document;
    const replicas = document?.replicas ?? this.#adoptionPorts.replicas;
    const adopted = document?.folders.length ?? 0;
    return { adopted, replicas: Math.max(adopted, replicas) };
  }

  /**
   * Checks what can be known before the folder counts for the last time.
   *
   * @throws KeyManagerError `conflict`, `corrupt`; StateError
   */
  async check(): Promise<void> {
    const { state, keyManager, replicas } = this.#adoptionPorts;
    if (state.standing.kind !== 'in-step') {
      throw new StateError('unavailable', 'this replica is not in step with the state store');
    }
    await this.refresh();
    const found = countDocumentsOf(state).adoptions.get(keyManager);
    if (found !== undefined && 'problem' in found) {
      throw new KeyManagerError('corrupt', found.problem);
    }
    const shared = this.#document?.replicas ?? replicas;
    if (shared === replicas || this.isBegun) return;
    throw new KeyManagerError(
      'conflict',
      `this replica has "replicas: ${replicas}", and the replica whose folder was added first had ` +
        `${shared}. Set the same number at each, and start it again.`,
    );
  }

  /** Marks the folder as one that counts no more. @throws the file system's error */
  async begin(): Promise<void> {
    const { keyManager, state, ports } = this.#adoptionPorts;
    const id = ports.randomBytes(FOLDER_ID_BYTES).toString('hex');
    const mark = { format: 1, folder: id, storeId: state.storeId, keyManager } as const;
    await this.#write({ ...mark, standing: 'begun' });
  }

  /** Adds to the store what is not there yet. @throws StateError, or the file system's error */
  async finish(): Promise<void> {
    const mark = this.#mark;
    if (mark === undefined || mark.standing === 'adopted') return;
    const { folderCounts, storeCounts } = this.#adoptionPorts;
    if (!(await this.#isNoted(mark.folder))) {
      for (const counter of await folderCounts.readAll()) {
        await storeCounts.add(refOf(counter), counter, mark.folder);
      }
      await this.#note(mark.folder);
    }
    await this.#write({ ...mark, standing: 'adopted' });
    const { adopted, replicas } = this.report;
    this.#adoptionPorts.ports.log.info(
      { adopted, replicas },
      'the encryption counters of this replica are in the state store',
    );
  }

  get #document(): AdoptionDocument | undefined {
    const { state, keyManager } = this.#adoptionPorts;
    const document = countDocumentsOf(state).adoptions.get(keyManager);
    return document?.kind === 'value' ? document.value : undefined;
  }

  async #isNoted(folder: string): Promise<boolean> {
    await this.refresh();
    return this.#document?.folders.some((added) => added.folder === folder) === true;
  }

  /** Gives this replica's share to the store. */
  async #note(folder: string): Promise<void> {
    const { state, keyManager, ports, replicas } = this.#adoptionPorts;
    const { adoptions } = countDocumentsOf(state);
    while (!(await this.#isNoted(folder))) {
      const revision = adoptions.get(keyManager)?.revision ?? 0;
      const known = this.#document ?? { replicas, folders: [] };
      const adoptedAt = new Date(ports.clock.now()).toISOString();
      const added = { folder, replica: hostname(), adoptedAt };
      const value = { ...known, folders: [...known.folders, added] };
      try {
        await adoptions.put(keyManager, value, revision);
      } catch (error) {
        if (!hasCode(error, 'conflict')) throw error;
      }
    }
  }

  async #write(mark: AdoptionMark): Promise<void> {
    await writeMark(this.#adoptionPorts.folder, mark);
    this.#mark = mark;
  }

  /** Asks how far the other replicas have come. @throws StateError */
  refresh(): Promise<void> {
    const { state, ports } = this.#adoptionPorts;
    return state.refresh(Deadline.after(ports.clock, REFRESH_BUDGET_MS));
  }
}

function refOf({ externalKeyId, version, materialName }: CounterFile) {
  return {
    externalKeyId,
    version: { version, materialName: Buffer.from(materialName, 'hex') },
  };
}
