import type { StateDocument } from '../../../state/collection.js';
import type { State } from '../../../state/state.js';
import { SealingError } from '../../../sealing/errors.js';
import { ExternalKey } from '../keys/external-key.js';
import type { KeptDocument } from '../keys/kept-document.js';
import { DamagedDocumentError } from '../keys/key-document.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { BlockSupply } from './block-supply.js';
import { assertOwnName, damagedKey, loadKey, type LoadingPorts } from './load-key.js';
import { sealedKeysIn } from './sealed-keys.js';

/** The parts that a follower of the state is handed. */
export interface StateFollowerPorts {
  readonly ring: KeyRing;
  readonly loading: LoadingPorts;
  readonly state: State;
  readonly supply: BlockSupply;
}

/** Takes the changes of other replicas into the ring, one after the other. */
export class StateFollower {
  readonly #ring: KeyRing;
  readonly #loading: LoadingPorts;
  readonly #supply: BlockSupply;
  readonly #state: State;
  readonly #stop: (() => void)[];
  /** The names of documents that were removed for good. */
  readonly #removed = new Set<string>();
  #line: Promise<void> = Promise.resolve();

  /** @param loaded the documents that are in the ring: opening them has taken a while */
  constructor(
    { ring, loading, state, supply }: StateFollowerPorts,
    loaded: readonly StateDocument<KeptDocument>[],
  ) {
    this.#ring = ring;
    this.#loading = loading;
    this.#supply = supply;
    this.#state = state;
    const take = (document: StateDocument<KeptDocument>): void => {
      if (document.id.startsWith(loading.names.prefix)) this.#takeInTurn(document);
    };
    const documents = sealedKeysIn(state);
    const known = new Set(loaded);
    for (const { kind, id } of loaded) if (kind === 'removed') this.#removed.add(id);
    for (const document of documents.list()) if (!known.has(document)) take(document);
    this.#stop = [
      documents.watch(take),
      state.onStanding(() => {
        for (const key of ring.keys) key.settleIfKnown();
        void supply.replenish();
      }),
    ];
  }

  /** Resolves when all that the state has told by now is in the ring. */
  async caughtUp(): Promise<void> {
    await this.#line;
  }

  /** Follows no more. */
  async close(): Promise<void> {
    for (const stop of this.#stop) stop();
    this.#supply.close();
    await this.#line;
  }

  #takeInTurn(document: StateDocument<KeptDocument>): void {
    this.#line = this.#line.then(async () => {
      try {
        await this.#take(document);
      } catch (error) {
        const { ports } = this.#loading;
        ports.log.error({ err: error, document: document.id }, 'a change cannot be taken over');
      }
    });
  }

  async #take(document: StateDocument<KeptDocument>): Promise<void> {
    if (document.kind === 'removed') {
      this.#removed.add(document.id);
      this.#ring.remove(document.id);
      this.#purgeLastCopy();
      return;
    }
    if (this.#removed.has(document.id)) {
      const problem = 'it was removed for good, and somebody has put it back';
      this.#ring.addDamaged(damagedKey(document.id, problem, this.#loading));
      return;
    }
    const isNew = document.kind !== 'value' || this.#known(document.value.read()) === undefined;
    if (!isNew) {
      await this.#follow(document);
      return;
    }
    const loaded = await loadKey(document, this.#loading);
    if (loaded === undefined) return;
    if (!(loaded instanceof ExternalKey)) {
      this.#ring.addDamaged(loaded);
      return;
    }
    // It may be one that this replica has just made itself.
    if (this.#known(loaded) !== undefined) return;
    this.#ring.add(document.id, loaded);
    void this.#supply.replenish();
  }

  async #follow({
    id,
    value,
    revision,
  }: StateDocument<KeptDocument> & { readonly kind: 'value' }): Promise<void> {
    const document = value.read();
    const key = this.#known(document);
    if (key === undefined || key.written.revision > revision) return;
    if (key.written.revision === revision) {
      const isMended = this.#isDamaged(id) && key.written.document.equals(value);
      if (isMended) this.#ring.add(id, key);
      return;
    }
    const { size: before } = key.description.versions;
    try {
      assertOwnName(id, document, this.#loading.names);
      await key.changes.follow({ document: value, revision });
      if (key.description.versions.size < before) this.#purgeLastCopy();
    } catch (error) {
      if (!(error instanceof DamagedDocumentError || error instanceof SealingError)) throw error;
      this.#ring.addDamaged(damagedKey(id, error.message, this.#loading));
      return;
    }
    this.#ring.add(id, key);
    void this.#supply.replenish();
  }

  #isDamaged(id: string): boolean {
    return [...this.#ring.damaged].some(({ documentName }) => documentName === id);
  }

  /** Not awaited: what is left on this replica's disk is overwritten soon. */
  #purgeLastCopy(): void {
    this.#state.rewriteLastCopy().catch((error: unknown) => {
      this.#loading.ports.log.warn(
        { err: error },
        'what was destroyed may be left in the last copy on disk, until that is written again',
      );
    });
  }

  #known({ externalKeyId }: { readonly externalKeyId: string }): ExternalKey | undefined {
    return this.#ring.find(externalKeyId);
  }
}
