import type { Deadline } from '../shared/deadline.js';
import type {
  HealthStatus,
  KeyAdministration,
  KeyDescription,
  KeyManagerErrorCode,
  KeyRef,
  Sealed,
} from './backend.js';
import type { MaybePromise } from './maybe-promise.js';

/** One node's line in the answer of GetHealthStatus, and in logs and metrics. */
export interface NodeReport {
  readonly name: string;
  readonly location: string;
  readonly vendor: string;
  readonly model: string;
  readonly status: HealthStatus;
  readonly detail?: string;
}

/** A request as a key manager sees it. */
export interface KeyManagerCall {
  readonly deadline: Deadline;
  /** Calls of nodes that have ended for the same request; absent for none. */
  readonly callsBefore?: number;
  /**
   * Told of every node that was asked, when it has answered.
   *
   * @param failure absent where the node did what it was asked
   */
  tried(node: NodeName, failure?: KeyManagerErrorCode): void;
}

/** A call of which nobody asks afterwards which nodes it went to. */
export function untraced(deadline: Deadline): KeyManagerCall {
  return { deadline, tried: () => undefined };
}

/** The name and the place of a node. */
export interface NodeName {
  readonly name: string;
  readonly location: string;
}

/**
 * A key manager as the pipeline uses it: one thing, whatever number of nodes it has.
 * Every method fails with a `KeyManagerError` and nothing else: it rejects, or throws where it
 * would have answered without a promise, as a single node in this process does.
 */
export interface KeyManager {
  /** Its name in the configuration. */
  readonly name: string;
  /** `file`, `pkcs11`, `vault`, `module`. */
  readonly type: string;
  /** At least one, in configured order. */
  readonly nodes: readonly NodeName[];
  readonly administration: KeyAdministration;

  describeKey(externalKeyId: string, call: KeyManagerCall): MaybePromise<KeyDescription>;
  /** The same from a question that is asked after the call, whatever is remembered. */
  describeKeyAnew(externalKeyId: string, call: KeyManagerCall): Promise<KeyDescription>;
  encrypt(key: KeyRef, plaintext: Buffer, aad: Buffer, call: KeyManagerCall): MaybePromise<Sealed>;
  /**
   * The same, for an answer that promises a later decryption: with `triedSha256` where a node tries
   * it.
   */
  encryptAndTry(
    key: KeyRef,
    plaintext: Buffer,
    aad: Buffer,
    call: KeyManagerCall,
  ): MaybePromise<Sealed>;
  decrypt(key: KeyRef, sealed: Sealed, aad: Buffer, call: KeyManagerCall): MaybePromise<Buffer>;
  /** One report a node, in configured order, from checks that are at most 60 s old. */
  health(deadline: Deadline): Promise<readonly NodeReport[]>;
  close(): Promise<void>;
}
