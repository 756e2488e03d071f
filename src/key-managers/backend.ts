import type { Deadline } from '../shared/deadline.js';
import type { KeyUsage, KeyVersion, Sealed } from '../shared/key-material.js';
import type { MaybePromise } from './maybe-promise.js';

export type { KeyUsage, KeyVersion, Sealed } from '../shared/key-material.js';

/**
 * The external key that health checks encrypt and decrypt with. No key store exposes it, nobody
 * can create it by hand, and no listing shows it.
 *
 * @see XKS Proxy API, section GetHealthStatus, "KMS Considerations"
 */
export const HEALTH_TEST_KEY_ID = 'holdfast-health-test';

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

/** Names the material for one operation. */
export interface KeyRef {
  readonly externalKeyId: string;
  readonly version: KeyVersion;
}

/** Health of a node in GetHealthStatus's own words. */
export type HealthStatus = 'ACTIVE' | 'DEGRADED' | 'UNAVAILABLE';

/** The result of a health check of one node. */
export interface NodeHealth {
  readonly status: HealthStatus;
  /** One sentence for operators; absent when there is nothing to say. */
  readonly detail?: string;
}

/**
 * One node of a key manager, which keeps keys and does cryptography: a file folder, a token, a
 * server. Every backend implements it; `nodes/` wraps it in checks, health and (with several
 * nodes) failover. Every method fails with a {@link KeyManagerError} and nothing else: it rejects,
 * or throws where it would have answered without a promise.
 */
export interface KeyManagerNode {
  /** Unique within its key manager. */
  readonly name: string;
  /** The country or data centre that an auditor asks for. */
  readonly location: string;
  /** Vendor of the key manager, for GetHealthStatus. */
  readonly vendor: string;
  /** Product and version of the key manager, for GetHealthStatus. */
  readonly model: string;
  /**
   * Answers from this process's own memory, so that it cannot hang or be overrun: `nodes/` then
   * spares it timers, queue and circuit breaker.
   */
  readonly inProcess: boolean;

  /**
   * Called on every request, so answered from memory where the backend can. Memory never says
   * `key-not-found`: that is the key manager's own answer, asked for after the call.
   */
  describeKey(externalKeyId: string, deadline: Deadline): MaybePromise<KeyDescription>;
  /**
   * The same from a question that the key manager is asked after the call, whatever is remembered;
   * what comes of it is remembered. Called before a request is refused for what a description says;
   * `nodes/` bounds how often. Absent where `describeKey` remembers nothing that others could
   * change.
   */
  describeKeyAnew?(externalKeyId: string, deadline: Deadline): Promise<KeyDescription>;
  /**
   * AES-256-GCM under a fresh IV.
   *
   * @param aad as given to the cipher, up to 65,558 bytes
   */
  encrypt(key: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): MaybePromise<Sealed>;
  /**
   * The same, and a trial decryption of what came of it by the same means, which must give the
   * plaintext back; rejects with `internal` where it does not. Absent where one call for both
   * saves nothing: then the caller decrypts.
   *
   * @returns with `triedSha256`
   */
  encryptAndTry?(
    key: KeyRef,
    plaintext: Buffer,
    aad: Buffer,
    deadline: Deadline,
  ): MaybePromise<Sealed>;
  /** AES-256-GCM; rejects with `invalid-ciphertext` when the tag does not match. */
  decrypt(key: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): MaybePromise<Buffer>;
  /** Encrypts and decrypts with the dedicated test key. Resolves even when the node is down. */
  checkHealth(deadline: Deadline): Promise<NodeHealth>;
  /** Called once, after the last operation has settled. */
  close(): Promise<void>;
}

/** The administration of keys. A method that is present is a capability. */
export interface KeyAdministration {
  /** True if key summaries contain the encryptions left. Otherwise metrics do not list the keys. */
  readonly countsEncryptions?: boolean;
  /**
   * Every external key, the damaged ones too, in the order of their ids; never the health-test key.
   */
  listKeys?(): Promise<readonly KeySummary[]>;
  /** Rejects with `conflict` when the id is taken, also by one that differs only by case. */
  createKey?(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<KeySummary>;
  /**
   * Adds what this replica has counted by itself to the counters of the state store, and counts
   * there from then on. Does nothing where that is done. Rejects with `unsupported` without a store
   * that replicas share.
   */
  adoptCounters?(): Promise<AdoptedCounters>;
  /**
   * Moves all keys to another place while they serve. Until it resolves, no key is made and no
   * count is written. Rejects with `conflict` for the place where they are, one that is taken, and
   * a folder while other replicas live; whatever it rejects with, the old place serves.
   */
  moveKeys?(target: MoveTarget): Promise<MovedKeys>;
}

/** The place that keys move to. */
export type MoveTarget =
  | { readonly to: 'database' }
  | {
      readonly to: 'folder';
      /** Absolute; empty, or not there yet. */
      readonly directory: string;
    };

/** The keys that have moved. */
export interface MovedKeys {
  /** Their number, with the health-test key. */
  readonly keys: number;
  /** The name of the new place, for people. */
  readonly place: string;
}

/** The administration of a key manager that lists keys and makes them. */
export type KeyMakingAdministration = KeyAdministration &
  Required<Pick<KeyAdministration, 'countsEncryptions' | 'listKeys' | 'createKey'>>;

/** The replicas whose counters the state store has taken over, of those that there are. */
export interface AdoptedCounters {
  readonly adopted: number;
  readonly replicas: number;
}

/** An external key as an administrator sees it. */
export interface KeySummary {
  readonly description: KeyDescription;
  /** The time of creation; absent if it is unknown, as for a damaged key. */
  readonly createdAt?: Date;
  /** Encryptions that the current version may still make; absent where nobody counts. */
  readonly encryptionsLeft?: number;
  /** The reason why the key is disabled, or cannot encrypt any more. */
  readonly problem?: string;
}

/**
 * Reasons why a key manager could not do what it was asked. Closed: `pipeline` maps each to one XKS
 * error.
 */
export type KeyManagerErrorCode =
  | 'key-not-found'
  | 'version-not-found'
  | 'key-disabled'
  | 'usage-denied'
  /** The material has made all the encryptions that random IVs allow. It still decrypts. */
  | 'exhausted'
  /** Proven: the key was there and working, and the tag did not match. */
  | 'invalid-ciphertext'
  /**
   * Ambiguous: the ciphertext was refused in words that a broken node uses too. `nodes/` finds out.
   */
  | 'rejected'
  | 'unreachable'
  | 'misconfigured'
  | 'overloaded'
  | 'deadline'
  | 'unsupported'
  | 'conflict'
  /** The stored data cannot be trusted; it is left unchanged, for a person to examine. */
  | 'corrupt'
  | 'internal';

/** A failure of a key manager. The message is for the log: no plaintext, key, PIN or token. */
export class KeyManagerError extends Error {
  override readonly name = 'KeyManagerError';
  readonly code: KeyManagerErrorCode;

  constructor(code: KeyManagerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
