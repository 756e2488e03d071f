import type { KeyDescription } from '../key-managers/backend.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { RequestRecord } from '../observability/request-record.js';
import type { Clock } from '../shared/clock.js';
import type { Deadline } from '../shared/deadline.js';
import type { SignatureVerifier } from '../sigv4/verifier.js';
import type { CiphertextFormats } from '../xks/ciphertext-formats/index.js';
import type { HealthRequest, KeyOperation, KeyRequest } from '../xks/operation.js';
import type { XksTarget } from '../xks/paths.js';
import type { IncomingCall } from './call.js';

/** A key store as a request meets it. */
export interface ServedKeyStore {
  readonly name: string;
  readonly verifier: SignatureVerifier;
  readonly keyManager: KeyManager;
  readonly ciphertextFormats: CiphertextFormats;
  /** Whether callers of this key store may know of the key. */
  exposes(externalKeyId: string): boolean;
}

/** What the pipeline works with; the same for every request of a listener. */
export interface PipelineServices {
  /** By path prefix. */
  readonly keyStores: ReadonlyMap<string, ServedKeyStore>;
  readonly clock: Clock;
  /** From the head of a request to its answer. */
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
  readonly proxyFleetSize: number;
  /** Product and version of this proxy, for GetHealthStatus. */
  readonly proxyModel: string;
  /** Called once a request, when its answer is decided. */
  observe(record: RequestRecord): void;
  /** Called for a failure of ours or of a key manager, whose causes the record cannot hold. */
  reportFailure(error: unknown, record: RequestRecord): void;
}

/** A request that has just come in. */
export interface Received {
  readonly call: IncomingCall;
  readonly deadline: Deadline;
  /** Filled on the way, so that a failure is told with all that was known by then. */
  readonly record: RequestRecord;
}

/** It is for one of our key stores. */
export interface Routed extends Received {
  readonly target: XksTarget;
  readonly keyStore: ServedKeyStore;
}

/** Its body has arrived. */
export interface Read extends Routed {
  readonly body: Buffer;
}

/** Somebody who has a secret of the key store sent it. */
export interface Authenticated extends Read {
  readonly accessKeyId: string;
}

/** A signed and well-formed request about the key store. */
export interface ParsedHealth extends Authenticated {
  readonly about: 'key-store';
  readonly request: HealthRequest;
}

/** A signed and well-formed request about a key. */
export interface ParsedKey extends Authenticated {
  readonly about: 'key';
  readonly externalKeyId: string;
  readonly operation: KeyOperation;
  readonly request: KeyRequest;
}

/** The key exists and this key store exposes it. */
export interface Found extends ParsedKey {
  readonly key: KeyDescription;
}
