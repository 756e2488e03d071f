import type { AtomicWrite } from '../../../durable/atomic-write.js';
import { Deadline } from '../../../shared/deadline.js';
import type { State } from '../../../state/state.js';
import type { BackendPorts } from '../../definition.js';
import type { DestroyedKey } from '../keys/place.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import type { OwnMoves } from '../state/own-moves.js';

const REFRESH_BUDGET_MS = 20_000;

/** The parts of a move between a folder and the state store. */
export interface MovePorts {
  readonly keyManager: string;
  readonly directory: string;
  readonly writeFile: AtomicWrite;
  readonly state: State;
  readonly ports: BackendPorts;
  /** The name of the move, 32 hexadecimal digits; one that is taken up again keeps its own. */
  readonly move: string;
  readonly moves: OwnMoves;
  /** Opens the keys at the new place. */
  readonly open: () => Promise<PlacedKeys>;
}

/** Fetches all that is written in the state store by now. @throws StateError */
export function refreshed({ state, ports }: MovePorts): Promise<void> {
  return state.refresh(Deadline.after(ports.clock, REFRESH_BUDGET_MS));
}

/** The present time, as it is noted. */
export function nowOf({ ports }: MovePorts): string {
  return new Date(ports.clock.now()).toISOString();
}

/**
 * The keys that were destroyed at a place. A key that somebody has restored there from a backup
 * moves as it is: the records of keys say what became of it.
 */
export async function destroyedKeysOf({
  gate,
  ring,
}: PlacedKeys): Promise<readonly DestroyedKey[]> {
  const there = new Set([...ring.keys].map(({ externalKeyId }) => externalKeyId.toLowerCase()));
  const destroyed = await gate.destroyedKeys();
  return destroyed.filter(({ externalKeyId }) => !there.has(externalKeyId.toLowerCase()));
}

/** The steps of a move from one place to another. A crash between two of them loses nothing. */
export interface MoveWay {
  /** The name of the new place, for people. */
  readonly place: string;
  /**
   * Tells other replicas that nothing is to change at the old place; called when this process has
   * stopped its own changes, after a first {@link copy}.
   *
   * @throws as {@link copy}
   */
  hold(): Promise<void>;
  /**
   * Copies documents, counts and the ids of destroyed keys to the new place, which is marked first
   * as one where not all of them are. What is there already, of an earlier attempt or because this
   * is called a second time, stays where it is the same.
   *
   * @throws KeyManagerError, StateError, or the file system's error
   */
  copy(source: PlacedKeys): Promise<void>;
  /** Opens the copies, by the way of every start. @throws as a start does */
  open(): Promise<PlacedKeys>;
  /** Marks the old place as one that the keys have left: from here on it serves no more. */
  leave(): Promise<void>;
  /** Tells whether that mark is there. @throws where that cannot be found out */
  hasLeft(): Promise<boolean>;
  /** Lets the old place change again: the move has come to nothing. */
  abandon(): Promise<void>;
  /** Clears away the mark of the new place. The next start does it, too. */
  finish(): Promise<void>;
}
