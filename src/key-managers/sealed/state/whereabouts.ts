import { Deadline } from '../../../shared/deadline.js';
import type { State } from '../../../state/state.js';
import { KeyManagerError } from '../../backend.js';
import type { BackendPorts } from '../../definition.js';
import type { PlaceGate } from '../keys/place-gate.js';
import {
  type KeyPlaceDocument,
  keyPlaceRevision,
  keyPlacesIn,
  readKeyPlace,
  writeKeyPlace,
} from './key-places.js';
import type { OwnMoves } from './own-moves.js';

const REFRESH_BUDGET_MS = 5_000;

/** The parts of the whereabouts of keys. */
export interface WhereaboutsPorts {
  readonly state: State;
  readonly keyManager: string;
  readonly ports: Pick<BackendPorts, 'clock' | 'log'>;
  readonly moves: OwnMoves;
}

/**
 * The whereabouts of a key manager's keys, which this replica serves from the state store while
 * another one may move them to a folder. Once they are in that folder, a key or version that is
 * made here is lost, because nobody reads it.
 *
 * The mover says `leaving` before it copies, and copies what was written up to then. Whoever writes
 * a document reads afterwards whether that was said before: then it acknowledges nothing.
 */
export class Whereabouts {
  readonly #where: WhereaboutsPorts;
  #refusal: string | undefined;
  #stop: () => void = () => undefined;

  constructor(where: WhereaboutsPorts) {
    this.#where = where;
  }

  /** The reason why the keys are not used from here any more; undefined where they are. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** True while another live replica moves the keys to a folder. */
  get isLeaving(): boolean {
    const { state, moves } = this.#where;
    const place = this.#place;
    if (place?.kind !== 'leaving' || moves.has(place.move)) return false;
    return state.standing.leases.some(({ replica }) => replica === place.replica);
  }

  /**
   * Watches for a move by another process.
   *
   * @param gate refuses every change once the keys have gone
   */
  watch(gate: Pick<PlaceGate, 'refuse'>): void {
    const { state, keyManager, ports } = this.#where;
    const look = () => {
      const refusal = this.#refusal === undefined ? this.#refusalNow() : undefined;
      if (refusal === undefined) return;
      this.#refusal = refusal;
      ports.log.error({}, refusal);
      gate.refuse(new KeyManagerError('internal', refusal));
    };
    this.#stop = keyPlacesIn(state).watch(({ id }) => {
      if (id === keyManager) look();
    });
    look();
  }

  /** Watches no more. */
  close(): void {
    this.#stop();
  }

  /**
   * Checks that the keys may change here. A replica that may have missed something asks first.
   *
   * @throws KeyManagerError `internal` where they have gone, `conflict` while another replica moves
   *   them; StateError
   */
  async assertHere(): Promise<void> {
    const { state, keyManager, ports } = this.#where;
    if (!state.isInStep) await this.#refresh();
    this.#assertNotGone();
    if (readKeyPlace(state, keyManager)?.kind !== 'leaving') return;
    // That may be over since the last question, or have been begun by one that has just started.
    await this.#refresh();
    this.#assertNotGone();
    const place = readKeyPlace(state, keyManager);
    if (place?.kind !== 'leaving') return;
    if (this.isLeaving) {
      throw new KeyManagerError(
        'conflict',
        `another replica moves the keys to the folder ${place.to}: until that is over, none is made`,
      );
    }
    // Whoever moved them has died, or has given up. Should it live, it hears of this.
    const at = new Date(ports.clock.now()).toISOString();
    await writeKeyPlace(state, keyManager, { kind: 'here', move: place.move, at });
  }

  /**
   * Writes a document.
   *
   * @returns its revision
   * @throws as {@link assertHere}, also where the keys began to leave before it was written
   */
  async write(put: () => Promise<number>): Promise<number> {
    const { state, keyManager, moves } = this.#where;
    await this.assertHere();
    const revision = await put();
    if (state.isShared && state.standing.applied < revision) await this.#refresh();
    this.#assertNotGone();
    const place = this.#place;
    const isHere = place?.kind !== 'leaving' || moves.has(place.move);
    if (isHere || revision < keyPlaceRevision(state, keyManager)) return revision;
    throw new KeyManagerError(
      'conflict',
      'another replica began to move the keys before this was written: do it again afterwards',
    );
  }

  /** One that cannot be read lets everything go on as it is, but for changes. */
  get #place(): KeyPlaceDocument | undefined {
    const { state, keyManager } = this.#where;
    const document = keyPlacesIn(state).get(keyManager);
    return document?.kind === 'value' ? document.value : undefined;
  }

  #assertNotGone(): void {
    if (this.#refusal !== undefined) throw new KeyManagerError('internal', this.#refusal);
  }

  #refusalNow(): string | undefined {
    const { keyManager, moves } = this.#where;
    const place = this.#place;
    if (place === undefined || moves.hasMade(place.move)) return undefined;
    if (place.kind === 'left') {
      return (
        `the keys of ${keyManager} have moved from the state store to the folder ${place.to}, and ` +
        'this replica serves none of them any more. They are used where that folder is, with ' +
        '"type: file"; start this one again when they are back in the state store'
      );
    }
    if (place.kind !== 'arriving') return undefined;
    return (
      `the keys of ${keyManager} come into the state store from the folder ${place.from} of another ` +
      'replica, which serves them: this one serves none of them; start it again when they are here'
    );
  }

  #refresh(): Promise<void> {
    const { state, ports } = this.#where;
    return state.refresh(Deadline.after(ports.clock, REFRESH_BUDGET_MS));
  }
}
