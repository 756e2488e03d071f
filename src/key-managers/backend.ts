import type { Deadline } from '../shared/deadline.js';
import type { KeyUsage, KeyVersion, Sealed } from '../shared/key-material.js';
import type { KeyDescription, KeySummary, MaterialOrigin } from './key-description.js';
import type { MaterialImport } from './material-import.js';
import type { MaybePromise } from './maybe-promise.js';

export type { KeyUsage, KeyVersion, Sealed } from '../shared/key-material.js';
export type {
  KeyDescription,
  KeySummary,
  MaterialOrigin,
  VersionSummary,
} from './key-description.js';
export type {
  ImportWay,
  MaterialImport,
  Witness,
  WrappedMaterial,
  WrappingKey,
} from './material-import.js';

/**
 * The external key that health checks encrypt and decrypt with. No key store exposes it, nobody
 * can create it by hand, and no listing shows it.
 *
 * @see XKS Proxy API, section GetHealthStatus, "KMS Considerations"
 */
export const HEALTH_TEST_KEY_ID = 'holdfast-health-test';

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

/**
 * The administration of keys. A method that is present is a capability. `nodes/` sees to it that no
 * method is asked to change a key under an id that is no external key id, or the health-test key's.
 */
export interface KeyAdministration {
  /** True if key summaries contain the encryptions left. Otherwise metrics do not list the keys. */
  readonly countsEncryptions?: boolean;
  /** Every key, the damaged ones too; `nodes/` puts them in order, without the health-test key. */
  listKeys?(): Promise<readonly KeySummary[]>;
  /**
   * Lists the ids that keys have; `nodes/` compares them with that of a new one, of any case.
   * Absent where {@link createKey} compares them itself, in one step with the making of the key.
   */
  takenIds?(): Promise<readonly string[]>;
  /**
   * Describes one key, with all that can be asked of it; a list has what is known without that.
   * Absent where a list has as much.
   *
   * @returns undefined for a key that is not there
   */
  summarizeKey?(externalKeyId: string): Promise<KeySummary | undefined>;
  /**
   * Says why {@link listKeys} may lack keys or versions that others have made; undefined where it
   * lacks none. Absent where every listing is whole, or fails.
   */
  listingGap?(): string | undefined;
  /**
   * Makes a key with its first version; with the origin `external`, one without material that waits
   * for an import. Rejects with `conflict` when the id is taken, also by one that differs only by
   * case, and with `unsupported` for an origin that the key manager does not have.
   */
  createKey?(
    externalKeyId: string,
    usage: ReadonlySet<KeyUsage>,
    origin?: MaterialOrigin,
  ): Promise<KeySummary>;
  /**
   * Gives a key a new version, which encrypts from then on: of fresh material, or the imported one
   * that waits. Does nothing where the version that encrypts, or is to, is above `from` already.
   * Where several replicas serve the key, the old version encrypts until all know the new one; that
   * is waited for, and not for ever. Rejects with `conflict` for imported material of which none
   * waits, and for a `from` that is not there yet.
   */
  rotateKey?(externalKeyId: string, from: number): Promise<KeySummary>;
  /** Enables or disables a key in the key manager itself. Does nothing where that is done. */
  setKeyEnabled?(externalKeyId: string, enabled: boolean): Promise<KeySummary>;
  /**
   * Destroys the material of one version, and reads back that it is gone; number and name of the
   * version stay where the key manager can keep them. Does nothing where that is done, and for a
   * key that is not there. Rejects with `unsupported` for a version that the key manager cannot
   * destroy by itself.
   */
  destroyVersion?(externalKeyId: string, version: number): Promise<void>;
  /**
   * Destroys a key with all its material, and reads back that it is gone. Does nothing for a key
   * that is not there.
   */
  destroyKey?(externalKeyId: string): Promise<void>;
  /**
   * Names the master key that a key's material is sealed under, for a certificate of destruction:
   * whoever has it could open a copy. Undefined for a key that is not there, or not sealed.
   */
  masterKeyIdOf?(externalKeyId: string): Promise<string | undefined>;
  /** Absent where no material can be imported. */
  readonly materialImport?: MaterialImport | undefined;
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
  /** True where other replicas can use them, too. */
  readonly isShared: boolean;
}

/** The administration of a key manager that lists keys and makes them. */
export type KeyMakingAdministration = KeyAdministration &
  Required<Pick<KeyAdministration, 'countsEncryptions' | 'listKeys' | 'createKey'>>;

/** The replicas whose counters the state store has taken over, of those that there are. */
export interface AdoptedCounters {
  readonly adopted: number;
  readonly replicas: number;
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
