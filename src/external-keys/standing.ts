import type { KeyUsage } from '../shared/key-material.js';
import type { KeyState } from './states.js';

/** A key as its record has it, for the requests that use it. */
export interface KeyStanding {
  /** By the record alone: what the key manager says of the key comes on top. */
  readonly state: KeyState;
  /** Present where the key has any. */
  readonly tags?: ReadonlyMap<string, string>;
  /** Present where the key manager may not have the key yet. */
  readonly usage?: ReadonlySet<KeyUsage>;
  /** Present for a key whose material is imported: others may delete that at once. */
  readonly isImported?: true;
  /** The time from which the key lacks imported material, in ms since 1970. */
  readonly expiresAt?: number;
  /**
   * The version that waits for a rotation, or is being imported to wait: the one that encrypts
   * comes before it.
   */
  readonly waiting?: number;
  /** The date before which a key that is pending deletion is not destroyed, ISO 8601. */
  readonly deletionAt?: string;
  /** The versions that are to be destroyed by themselves, or were: never used. */
  readonly retired?: ReadonlyMap<number, RetiredStanding>;
}

/** A version that is to be destroyed by itself, or was. */
export interface RetiredStanding {
  readonly isDestroyed: boolean;
  /** The date before which it is not destroyed, ISO 8601. */
  readonly deletionAt: string;
}

/** An alias, for the requests that use it. */
export interface AliasStanding {
  /** The key store that the alias belongs to: no other one has it. */
  readonly keyStore: string;
  /** False for an alias that was deleted. */
  readonly enabled: boolean;
  /** The key that encrypts first, then those that the alias has pointed to before. */
  readonly targets: readonly [string, ...string[]];
}

/** The keys and aliases of one key manager as their records have them: in memory, never waiting. */
export interface KeyStandings {
  /** The standing of a key; of one without a record, that it is Enabled. */
  keyOf(externalKeyId: string): KeyStanding;
  /** @returns undefined for what is no alias */
  aliasOf(externalKeyId: string): AliasStanding | undefined;
  /**
   * Resolves when what other replicas have recorded by now is in memory, or soon after where that
   * cannot be had: before a key is refused for what is remembered of it. Never rejects.
   */
  caughtUp(): Promise<void>;
  /** Notes that a request has named a key, or a version of it, that is destroyed. */
  destroyedAsked(externalKeyId: string): void;
}

/** The standing of a key that nobody has recorded anything of. */
export const AS_FOUND: KeyStanding = { state: 'Enabled' };
