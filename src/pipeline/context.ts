import type { AuditTrail } from '../audit/trail/audit-trail.js';
import type { Authorizer } from '../authorization/authorizer.js';
import type { BlockTable } from '../authorization/blocks/block-table.js';
import type { Shadow } from '../authorization/shadow.js';
import type { KeyStanding, KeyStandings } from '../external-keys/standing.js';
import type { UseNotes } from '../external-keys/use/noted-uses.js';
import type { KeyDescription } from '../key-managers/backend.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import type { Tell } from '../notifications/events.js';
import type { RequestEntry } from '../observability/request-entry.js';
import type { KeyStoreQuotas } from '../key-stores/quotas/quotas.js';
import type { Clock } from '../shared/clock.js';
import type { SignatureVerifier } from '../sigv4/verifier.js';
import type { CiphertextFormats } from '../xks/ciphertext-formats/index.js';
import type { State } from '../state/state.js';
import type { Execution } from './execution.js';
import type { Overload } from './overload.js';
import type { InFlight } from './in-flight.js';

/** The times for which policies are overruled. */
export interface BreakGlass {
  /**
   * Tells whether what policies deny is allowed for now.
   *
   * @param now in ms since 1970
   */
  isOpen(keyStore: string, now: number): boolean;
}

/** The policies of a key store. */
export interface ServedPolicies {
  readonly authorizer: Authorizer;
  /** A candidate that is evaluated beside them. */
  readonly shadow: Shadow | undefined;
  readonly breakGlass: BreakGlass;
}

/** A key store as a request meets it. */
export interface ServedKeyStore {
  readonly name: string;
  readonly verifier: SignatureVerifier;
  readonly keyManager: KeyManager;
  /** The records of the key manager's keys. */
  readonly keys: KeyStandings;
  /** Notes which versions of them are used. */
  readonly uses: UseNotes;
  readonly ciphertextFormats: CiphertextFormats;
  /** Absent where the key store has none: then what IAM allows is allowed. */
  readonly policies: ServedPolicies | undefined;
  /** Absent where the key store has none. */
  readonly quotas: Pick<KeyStoreQuotas, 'request'> | undefined;
  /** True for a key that callers of this key store may know of. */
  exposes(externalKeyId: string): boolean;
}

/** The part of the audit trail that the pipeline uses. */
export type RequestAudit = Pick<
  AuditTrail,
  'assertRecording' | 'isRefusing' | 'recordAbandoned' | 'recordRequest'
>;

/** The configuration in force as requests meet it. It never changes: another one replaces it. */
export interface ServedGeneration {
  /** By path prefix. */
  readonly keyStores: ReadonlyMap<string, ServedKeyStore>;
  /** From the head of a request to its answer. */
  readonly deadlineMs: number;
  readonly proxyFleetSize: number;
  /** Requests at a key manager beyond which its queue fills. */
  readonly queueLimit: number;
  /** The requests that were begun on it: what it does not share is closed after the last one. */
  readonly inFlight: InFlight;
}

/** The services of the pipeline: the same for every request of a listener. */
export interface PipelineServices {
  /** The generation in force now. A request takes it once, and finishes on it. */
  readonly current: () => ServedGeneration;
  readonly clock: Clock;
  readonly maxBodyBytes: number;
  /** Product and version of this proxy, for GetHealthStatus. */
  readonly proxyModel: string;
  /** Absent where the configuration has none. */
  readonly audit: RequestAudit | undefined;
  readonly state: Pick<State, 'isServing' | 'standing' | 'hasReturned' | 'refresh'>;
  readonly events: Tell;
  /** Of the whole process. */
  readonly overload: Overload;
  /** The blocks of this moment: they are not of a generation. */
  readonly blocks: BlockTable;
  /** Called once a request, when its answer is decided. */
  observe(request: RequestEntry): void;
  /** Called for a failure of ours or of a key manager, whose causes the record cannot hold. */
  reportFailure(error: unknown, request: RequestEntry): void;
}

/** A key that exists and that the key store exposes, for the length of one request. */
export interface FoundKey {
  readonly keyStore: ServedKeyStore;
  readonly standing: KeyStanding;
  readonly description: KeyDescription;
  readonly execution: Execution;
}
