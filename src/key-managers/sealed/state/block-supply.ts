import type { State } from '../../../state/state.js';
import type { BlockRequest, DrawnBlock } from '../../../state/store.js';
import { MIN_BLOCK } from '../../counting/block-size.js';
import type { BackendPorts } from '../../definition.js';
import { AskedTask } from '../keys/asked-task.js';
import type { ExternalKey } from '../keys/external-key.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { UsableVersion } from '../keys/key-versions.js';
import type { PlaceGate } from '../keys/place-gate.js';
import type { StateNames } from './sealed-keys.js';
import type { Whereabouts } from './whereabouts.js';

/** Counters drawn from in one transaction. */
const DRAWN_AT_ONCE = 1_000;
const PAUSE_MS = 1_000;

/** The parts that the supply of blocks is handed. */
export interface BlockSupplyPorts {
  readonly ring: KeyRing;
  readonly state: State;
  readonly names: StateNames;
  readonly gate: PlaceGate;
  readonly whereabouts: Pick<Whereabouts, 'assertHere' | 'isLeaving' | 'refusal'>;
  readonly log: BackendPorts['log'];
}

interface WantedBlock {
  readonly key: ExternalKey;
  readonly version: UsableVersion;
}

/**
 * Sees to it that every key of a replica has a block, so that it encrypts when the store goes away,
 * and not only those that were used before.
 */
export class BlockSupply {
  readonly #ports: BlockSupplyPorts;
  readonly #taking = new AskedTask(() => this.#orLater('take', () => this.#take()));
  /** Apart, so that what is new has its first block before many old ones have new versions. */
  readonly #renewing = new AskedTask(() => this.#orLater('renew', () => this.#renew()));
  readonly #failing = new Set<'take' | 'renew'>();
  #next: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(ports: BlockSupplyPorts) {
    this.#ports = ports;
  }

  /** True while the store can be asked, and the keys do not leave it. */
  get isOpen(): boolean {
    const { state, whereabouts } = this.#ports;
    return state.isInStep && !whereabouts.isLeaving && whereabouts.refusal === undefined;
  }

  /**
   * Takes a block for every version that has none and may have to encrypt.
   *
   * @throws the error of the state
   */
  async takeFirst(): Promise<void> {
    await this.#takeFor(this.#wanted());
  }

  /**
   * Takes in the background whatever a key lacks, a new version too, as soon as the replica is in
   * step with the store: now, or when it is called then.
   *
   * @returns resolves when all that is to be had now is there
   */
  replenish(): Promise<void> {
    if (this.#isClosed || !this.isOpen) return Promise.resolve();
    return this.#taking.ask().then(() => this.#renewing.ask());
  }

  /** Takes no more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#next);
  }

  async #orLater(which: 'take' | 'renew', work: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    try {
      await work();
      this.#failing.delete(which);
    } catch (error) {
      this.#failed(which, error);
    }
  }

  async #take(): Promise<void> {
    const wanted = this.#wanted();
    const others = wanted.filter(({ key }) => !this.#isInTheMaking(key));
    await this.#takeFor(others);
    // What is made here comes with a block, unless another replica was faster.
    if (others.length < wanted.length) this.#comeAgain();
  }

  #renew(): Promise<void> {
    return this.#ports.ring.renewVersions(() => !this.#isClosed && this.isOpen);
  }

  /** Those that have had no block yet. */
  #wanted(): readonly WantedBlock[] {
    return [...this.#ports.ring.keys].flatMap((key) =>
      key.encryptingVersions
        .filter(({ budget }) => budget.reserved === 0)
        .map((version) => ({ key, version })),
    );
  }

  #isInTheMaking(key: ExternalKey): boolean {
    return key.isChanging || this.#ports.ring.isBeingMade(key.externalKeyId);
  }

  async #takeFor(wanted: readonly WantedBlock[]): Promise<void> {
    for (let from = 0; from < wanted.length; from += DRAWN_AT_ONCE) {
      const some = wanted.slice(from, from + DRAWN_AT_ONCE);
      const blocks = await this.#ports.gate.change(() => this.#draw(some));
      for (const [index, { key, version }] of some.entries()) {
        key.begin(version, blocks[index] ?? 'count-unknown');
      }
    }
  }

  #failed(which: 'take' | 'renew', error: unknown): void {
    if (this.#isClosed) return;
    if (this.#failing.size === 0) {
      this.#ports.log.warn({ err: error }, 'not every key has a block yet');
    }
    this.#failing.add(which);
    this.#comeAgain();
  }

  /** In a second, where no change of standing comes before. */
  #comeAgain(): void {
    clearTimeout(this.#next);
    this.#next = setTimeout(() => {
      void this.replenish();
    }, PAUSE_MS).unref();
  }

  /**
   * A store that may be away gives the first blocks at once; one of this process's own gives them
   * at first use, and tells here how far the counts have come.
   */
  async #draw(wanted: readonly WantedBlock[]): Promise<readonly DrawnBlock[]> {
    const { state, names, gate, whereabouts } = this.#ports;
    await whereabouts.assertHere();
    const requests = wanted.map(({ version }): BlockRequest => {
      const counter = names.counter(version.materialName);
      return { counter, size: MIN_BLOCK, limit: gate.perVersion };
    });
    if (state.isShared) return state.counters.drawMany(requests);
    const known = await state.counters.read('');
    return requests.map(({ counter }) => {
      const next = known.get(counter);
      return next === undefined ? 'count-unknown' : { from: next, to: next };
    });
  }
}
