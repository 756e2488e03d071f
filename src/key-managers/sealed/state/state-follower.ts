import type { StateDocument } from '../../../state/collection.js';
import type { Collection, State } from '../../../state/state.js';
import { SealingError } from '../../../sealing/errors.js';
import { ExternalKey } from '../keys/external-key.js';
import { DamagedDocumentError, type KeyDocument } from '../keys/key-document.js';
import type { KeyRing } from '../keys/key-ring.js';
import { assertOwnName, damagedKey, loadKey, type LoadingPorts } from './load-key.js';

/** Takes the changes of other replicas into the ring, one after the other. */
export class StateFollower {
  readonly #ring: KeyRing;
  readonly #loading: LoadingPorts;
  readonly #stop: (() => void)[];
  #line: Promise<void> = Promise.resolve();

  constructor(
    ring: KeyRing,
    loading: LoadingPorts,
    documents: Collection<KeyDocument>,
    state: State,
  ) {
    this.#ring = ring;
    this.#loading = loading;
    this.#stop = [
      documents.watch((document) => {
        if (document.id.startsWith(loading.names.prefix)) this.#takeInTurn(document);
      }),
      state.onStanding(() => {
        for (const key of ring.keys) key.settleIfKnown();
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
    await this.#line;
  }

  #takeInTurn(document: StateDocument<KeyDocument>): void {
    this.#line = this.#line.then(async () => {
      try {
        await this.#take(document);
      } catch (error) {
        const { ports } = this.#loading;
        ports.log.error({ err: error, document: document.id }, 'a change cannot be taken over');
      }
    });
  }

  async #take(document: StateDocument<KeyDocument>): Promise<void> {
    if (document.kind === 'removed') {
      this.#ring.remove(document.id);
      return;
    }
    const isNew = document.kind !== 'value' || this.#known(document.value) === undefined;
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
    if (this.#known(loaded.description) !== undefined) return;
    this.#ring.add(document.id, loaded);
    this.#prepare(loaded);
  }

  async #follow({
    id,
    value,
    revision,
  }: StateDocument<KeyDocument> & { readonly kind: 'value' }): Promise<void> {
    const key = this.#known(value);
    if (key === undefined || key.written.revision >= revision) return;
    try {
      assertOwnName(id, value, this.#loading.names);
      await key.follow({ document: value, revision });
    } catch (error) {
      if (!(error instanceof DamagedDocumentError || error instanceof SealingError)) throw error;
      this.#ring.addDamaged(damagedKey(id, error.message, this.#loading));
      return;
    }
    this.#ring.add(id, key);
    this.#prepare(key);
  }

  /** Not awaited: changes of other keys go on meanwhile. */
  #prepare(key: ExternalKey): void {
    const { log } = this.#loading.ports;
    key.prepare().catch((error: unknown) => {
      const { externalKeyId } = key.description;
      log.warn({ err: error, externalKeyId }, 'the first block is taken at first use');
    });
  }

  #known({ externalKeyId }: { readonly externalKeyId: string }): ExternalKey | undefined {
    return this.#ring.find(externalKeyId);
  }
}
