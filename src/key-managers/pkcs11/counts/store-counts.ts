import { Deadline } from '../../../shared/deadline.js';
import type { Clock } from '../../../shared/clock.js';
import type { StateDocument } from '../../../state/collection.js';
import { StateError } from '../../../state/errors.js';
import type { State } from '../../../state/state.js';
import { KeyManagerError, type KeyRef } from '../../backend.js';
import { sharedBlockSize } from '../../counting/block-size.js';
import type { TakenBlock } from '../../counting/encryption-budget.js';
import type { BlockTaken, CountSource, KnownCount } from './count-source.js';
import {
  type CountDocuments,
  type CountedMaterialDocument,
  countDocumentsOf,
} from './documents.js';

const REFRESH_BUDGET_MS = 5_000;
/** Time for which counts that were read for people are good enough. */
const READ_LIFETIME_MS = 30_000;

/** The parts that the counts in a state store are handed. */
export interface StoreCountsPorts {
  /** The name of the key manager. */
  readonly keyManager: string;
  readonly state: State;
  readonly clock: Clock;
  /**
   * Computes how many encryptions a part of the replicas may make under one key's material.
   *
   * @param replicas the number of replicas by which the limit is shared
   */
  readonly shareOf: (replicas: number) => number;
}

/**
 * The counts of all replicas whose folders have been added, in the state store. Until every folder
 * is added, they may make the shares of those that are.
 */
export class StoreCounts implements CountSource {
  readonly name = 'the state store';
  readonly #storePorts: StoreCountsPorts;
  readonly #documents: CountDocuments;
  #read: { readonly counts: ReadonlyMap<string, number>; readonly until: number } | undefined;
  #reading: Promise<ReadonlyMap<string, number>> | undefined;

  constructor(storePorts: StoreCountsPorts) {
    this.#storePorts = storePorts;
    this.#documents = countDocumentsOf(storePorts.state);
  }

  get isOfAll(): boolean {
    const adoption = this.#documents.adoptions.get(this.#storePorts.keyManager);
    if (adoption?.kind !== 'value') return false;
    return adoption.value.folders.length >= adoption.value.replicas;
  }

  get limit(): number {
    return this.#handedOut ?? this.#storePorts.shareOf(1);
  }

  blockSize(used: number, elapsedMs: number): number {
    return sharedBlockSize(used, elapsedMs);
  }

  createdAt(ref: KeyRef): string | undefined {
    const document = this.#materialOf(ref);
    return document?.kind === 'value' ? document.value.createdAt : undefined;
  }

  read(ref: KeyRef): Promise<KnownCount> {
    return Promise.resolve({ reserved: 0, createdAt: this.createdAt(ref) });
  }

  async readAgain(ref: KeyRef): Promise<number | undefined> {
    const { clock } = this.#storePorts;
    if (this.#read === undefined || clock.monotonic() >= this.#read.until) {
      try {
        this.#reading ??= this.#storePorts.state.counters.read(this.#prefix);
        const counts = await this.#reading;
        this.#read = { counts, until: clock.monotonic() + READ_LIFETIME_MS };
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        return undefined; // For people alone; health and log tell that the store is away.
      } finally {
        this.#reading = undefined;
      }
    }
    return this.#read.counts.get(this.#counterOf(ref));
  }

  async take(ref: KeyRef, { createdAt }: KnownCount, size: number): Promise<BlockTaken> {
    const block = (await this.#draw(ref, size)) ?? 'full';
    if (block === 'full' || block === 'unknown') return block;
    await this.#note(ref, { createdAt });
    return block;
  }

  /**
   * Adds what a replica's folder has counted, once.
   *
   * @throws StateError
   */
  async add(ref: KeyRef, { reserved, createdAt }: KnownCount, folder: string): Promise<void> {
    const document = this.#materialOf(ref);
    if (document?.kind === 'value' && document.value.folders.includes(folder)) return;
    // Raising it would make a count known that nobody knows.
    if (document === undefined || (await this.#isKnown(ref))) {
      await this.#storePorts.state.counters.raise(this.#counterOf(ref), reserved);
    }
    await this.#note(ref, { createdAt, folder });
  }

  /** The shares of the folders that are added; undefined where nothing is known of them. */
  get #handedOut(): number | undefined {
    const { keyManager, shareOf } = this.#storePorts;
    const adoption = this.#documents.adoptions.get(keyManager);
    if (adoption?.kind !== 'value') return undefined;
    const { replicas, folders } = adoption.value;
    return folders.length >= replicas ? shareOf(1) : shareOf(replicas) * folders.length;
  }

  get #prefix(): string {
    return `encryptions/${this.#storePorts.keyManager}/`;
  }

  #counterOf({ version }: KeyRef): string {
    return `${this.#prefix}${version.materialName.toString('hex')}`;
  }

  #materialOf(ref: KeyRef): StateDocument<CountedMaterialDocument> | undefined {
    return this.#documents.materials.get(this.#idOf(ref));
  }

  #idOf({ version }: KeyRef): string {
    return `${this.#storePorts.keyManager}/${version.materialName.toString('hex')}`;
  }

  async #isKnown(ref: KeyRef): Promise<boolean> {
    const counter = this.#counterOf(ref);
    return (await this.#storePorts.state.counters.read(counter)).has(counter);
  }

  async #draw(ref: KeyRef, size: number): Promise<TakenBlock | 'unknown' | undefined> {
    const { state } = this.#storePorts;
    const limit = this.#handedOut;
    if (limit === undefined) throw this.#notAdopted();
    const request = { counter: this.#counterOf(ref), size, limit };
    try {
      return await state.counters.draw(request);
    } catch (error) {
      if (!hasCode(error, 'count-unknown')) throw error;
    }
    // Another replica may have begun it, and its count may be lost: no memory tells.
    await state.refresh(Deadline.after(this.#storePorts.clock, REFRESH_BUDGET_MS));
    if (this.#materialOf(ref) !== undefined) return 'unknown';
    await unlessThere(state.counters.begin(request.counter, 0));
    return state.counters.draw(request);
  }

  /** Notes that the count has begun, before it is used, and that a folder is in it. */
  async #note(
    ref: KeyRef,
    { createdAt, folder }: { readonly createdAt?: string | undefined; readonly folder?: string },
  ): Promise<void> {
    const { externalKeyId, version } = ref;
    for (;;) {
      const document = this.#materialOf(ref);
      if (document !== undefined && folder === undefined) return;
      const known = document?.kind === 'value' ? document.value : undefined;
      const value: CountedMaterialDocument = {
        externalKeyId,
        version: version.version,
        materialName: version.materialName.toString('hex'),
        createdAt: known?.createdAt ?? createdAt,
        folders: [...(known?.folders ?? []), ...(folder === undefined ? [] : [folder])],
      };
      const { materials } = this.#documents;
      try {
        await materials.put(this.#idOf(ref), value, document?.revision ?? 0);
        return;
      } catch (error) {
        if (!hasCode(error, 'conflict')) throw error;
        const { state, clock } = this.#storePorts;
        await state.refresh(Deadline.after(clock, REFRESH_BUDGET_MS));
      }
    }
  }

  #notAdopted(): KeyManagerError {
    const { keyManager } = this.#storePorts;
    return new KeyManagerError(
      'internal',
      `nothing is known of the counters that the state store has taken over for ${keyManager}`,
    );
  }
}

/** @throws StateError other than `conflict` */
async function unlessThere(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasCode(error, 'conflict')) throw error;
  }
}

/** Tells whether an error is the store's, with this code. */
export function hasCode(error: unknown, code: StateError['code']): boolean {
  return error instanceof StateError && error.code === code;
}
