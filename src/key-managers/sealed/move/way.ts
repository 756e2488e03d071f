import type { PlacedKeys } from '../keys/placed-keys.js';

/** The steps of a move from one place to another. A crash between two of them loses nothing. */
export interface MoveWay {
  /** The name of the new place, for people. */
  readonly place: string;
  /**
   * Copies documents and counts to the new place, which is marked first as one where not all of
   * them are. What is there already, of an earlier attempt or because this is called a second time,
   * stays where it is the same.
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
  /** Clears away the mark of the new place. The next start does it, too. */
  finish(): Promise<void>;
}
