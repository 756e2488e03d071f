import type { KeyManagerNode } from '../../backend.js';
import type { SealedAdministration } from './administration.js';
import type { KeyRing } from './key-ring.js';
import type { PlaceGate } from './place-gate.js';

/** Sealed keys at work, and what a move needs of them. */
export interface PlacedKeys {
  readonly node: KeyManagerNode;
  readonly administration: SealedAdministration;
  readonly ring: KeyRing;
  readonly gate: PlaceGate;
  /** True where other replicas can use them, too. */
  readonly isShared: boolean;
  /** The folder that they are in; undefined for the state store. */
  readonly directory: string | undefined;
  /**
   * Reads how far the counts of the current versions have come, by the names of their material in
   * hexadecimal; without those that nobody knows.
   */
  readonly counts: () => Promise<ReadonlyMap<string, number>>;
  /** The reason why no key is used from here any more; undefined where they are. */
  readonly refusal: () => string | undefined;
  /** Lets another process have the place, without waiting for what waits at the gate. */
  readonly release: () => Promise<void>;
}
