import type { AuditTrail } from '../audit/trail/audit-trail.js';
import type { KeyDescription } from '../key-managers/backend.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { RequestEntry } from '../observability/request-entry.js';
import type { Clock } from '../shared/clock.js';
import type { SignatureVerifier } from '../sigv4/verifier.js';
import type { CiphertextFormats } from '../xks/ciphertext-formats/index.js';
import type { State } from '../state/state.js';
import type { Execution } from './execution.js';

/** A key store as a request meets it. */
export interface ServedKeyStore {
  readonly name: string;
  readonly verifier: SignatureVerifier;
  readonly keyManager: KeyManager;
  readonly ciphertextFormats: CiphertextFormats;
  /** True for a key that callers of this key store may know of. */
  exposes(externalKeyId: string): boolean;
}

/** The part of the audit trail that the pipeline uses. */
export type RequestAudit = Pick<
  AuditTrail,
  'assertRecording' | 'isRefusing' | 'recordAbandoned' | 'recordRequest'
>;

/** The services of the pipeline: the same for every request of a listener. */
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
  /** Absent where the configuration has none. */
  readonly audit: RequestAudit | undefined;
  readonly state: Pick<State, 'isServing' | 'standing'>;
  /** Called once a request, when its answer is decided. */
  observe(request: RequestEntry): void;
  /** Called for a failure of ours or of a key manager, whose causes the record cannot hold. */
  reportFailure(error: unknown, request: RequestEntry): void;
}

/** A key that exists and that the key store exposes, for the length of one request. */
export interface FoundKey {
  readonly keyStore: ServedKeyStore;
  readonly description: KeyDescription;
  readonly execution: Execution;
}
