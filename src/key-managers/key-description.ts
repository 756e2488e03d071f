import type { KeyUsage, KeyVersion } from '../shared/key-material.js';

/** An external key as its key manager knows it. */
export interface KeyDescription {
  readonly externalKeyId: string;
  readonly usage: ReadonlySet<KeyUsage>;
  /** A disabled key answers for its metadata and for nothing else. */
  readonly enabled: boolean;
  /** Absent where no version can be used, as in a damaged key. */
  readonly current: KeyVersion | undefined;
  /** By version number. */
  readonly versions: ReadonlyMap<number, KeyVersion>;
}

/** The source of a key's material: made by the key manager, or imported. */
export type MaterialOrigin = 'generated' | 'external';

/** An external key as an administrator sees it. */
export interface KeySummary {
  readonly description: KeyDescription;
  /** The time of creation; absent if it is unknown, as for a damaged key. */
  readonly createdAt?: Date;
  /** Encryptions that the current version may still make; absent where nobody counts. */
  readonly encryptionsLeft?: number;
  /**
   * Encryptions that one version may make in all. Absent where nobody counts, and for a key that
   * the key manager gives a new version before.
   */
  readonly encryptionLimit?: number;
  /** The reason why the key is disabled, or cannot encrypt any more. */
  readonly problem?: string;
  /** Absent where nobody knows it. */
  readonly origin?: MaterialOrigin;
  /** The single versions, by number, those too that have no material. */
  readonly versions?: readonly VersionSummary[];
}

/** A version as an administrator sees it. */
export interface VersionSummary extends KeyVersion {
  readonly createdAt?: Date;
  /** Encryptions that may have been made, by whatever replica. Absent where nobody counts. */
  readonly encryptions?: number;
  /** `absent` for what was destroyed, or is yet to be imported; `waiting` for `rotateKey`. */
  readonly material: 'present' | 'waiting' | 'absent';
}
