import type { Deadline } from '../shared/deadline.js';
import type { HealthStatus, KeyAdministration, KeyDescription, KeyRef, Sealed } from './backend.js';

/** One node's line in the answer of GetHealthStatus, and in logs and metrics. */
export interface NodeReport {
  readonly name: string;
  readonly location: string;
  readonly vendor: string;
  readonly model: string;
  readonly status: HealthStatus;
  readonly detail?: string;
}

/** A sealed plaintext and the node that sealed it. */
export interface SealedByNode extends Sealed {
  readonly node: string;
}

/** An opened plaintext and the node that opened it. */
export interface OpenedByNode {
  readonly plaintext: Buffer;
  readonly node: string;
}

/**
 * What the pipeline uses: a key manager as one thing, whatever number of nodes it has.
 * Every method rejects with a `KeyManagerError` and nothing else.
 */
export interface KeyManager {
  /** Its name in the configuration. */
  readonly name: string;
  /** `file`, `pkcs11`, `vault`, `module`. */
  readonly type: string;
  readonly administration: KeyAdministration;

  describeKey(externalKeyId: string, deadline: Deadline): Promise<KeyDescription>;
  encrypt(key: KeyRef, plaintext: Buffer, aad: Buffer, deadline: Deadline): Promise<SealedByNode>;
  decrypt(key: KeyRef, sealed: Sealed, aad: Buffer, deadline: Deadline): Promise<OpenedByNode>;
  /** One report a node, in configured order, from checks that are at most 60 s old. */
  health(deadline: Deadline): Promise<readonly NodeReport[]>;
  close(): Promise<void>;
}
