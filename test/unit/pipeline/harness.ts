import { BlocksInForce } from '../../../src/authorization/blocks/blocks-in-force.js';
import type { RequestFields } from '../../../src/audit/record/index.js';
import { AS_FOUND, type KeyStandings } from '../../../src/external-keys/standing.js';
import { NotedUses } from '../../../src/external-keys/use/noted-uses.js';
import type { KeyManager } from '../../../src/key-managers/key-manager.js';
import type { HoldfastEvent } from '../../../src/notifications/events.js';
import type { RequestEntry } from '../../../src/observability/request-entry.js';
import type { Answer, IncomingCall } from '../../../src/pipeline/call.js';
import type {
  PipelineServices,
  ServedGeneration,
  ServedKeyStore,
} from '../../../src/pipeline/context.js';
import { createHandle } from '../../../src/pipeline/handle.js';
import { InFlight } from '../../../src/pipeline/in-flight.js';
import { Overload } from '../../../src/pipeline/overload.js';
import { ToldRequest } from '../../../src/pipeline/told-request.js';
import type { Clock } from '../../../src/shared/clock.js';
import { Secret } from '../../../src/shared/secret.js';
import type { Standing, State } from '../../../src/state/state.js';
import { SignatureVerifier } from '../../../src/sigv4/verifier.js';
import {
  type CiphertextFormats,
  HOLDFAST_FORMATS,
} from '../../../src/xks/ciphertext-formats/index.js';
import { credentialsIn } from '../../support/credentials.js';
import { canaries } from '../../support/canaries.js';
import { MemoryKeyManager } from '../../support/memory-key-manager.js';
import { type Body, type Credential, signedHeaders } from '../../support/xks-requests.js';

export const PREFIX = '/store/kms/xks/v1';
export const NOW = Date.parse('2026-11-22T12:00:00Z');
export const credential: Credential = {
  accessKeyId: 'ABCDEFGHIJKLMNOPQRST',
  secretAccessKey: canaries.secretAccessKey,
};

/** The fields of a request, as the log and the audit log are told of it. */
export function fieldsOf(request: RequestEntry): RequestFields {
  if (!(request instanceof ToldRequest)) throw new Error('the pipeline tells in its own way');
  return request.fields();
}

/** Each reading of the monotonic clock is 2 ms after the one before. */
function tickingClock(): Clock {
  let elapsedMs = 0;
  return { now: () => NOW, monotonic: () => (elapsedMs += 2) };
}

/** What a test has otherwise. */
type PipelineOverrides = Partial<Omit<PipelineServices, 'current'> & ServedGeneration>;

/** A pipeline with one key store on a key manager in memory, and what it told about. */
export function makePipeline(
  { deadlineMs = 140, keyStores, ...overrides }: PipelineOverrides = {},
  ciphertextFormats: CiphertextFormats = HOLDFAST_FORMATS,
  keys: Partial<KeyStandings> = {},
) {
  const keyManager = new MemoryKeyManager({
    key: {},
    rotated: { versions: [1, 2] },
    'without-first': { versions: [2, 3] },
    'encrypt-only': { usage: ['ENCRYPT'] },
    'decrypt-only': { usage: ['DECRYPT'] },
    'good-for-nothing': { usage: [] },
    disabled: { enabled: false },
    unusable: { versions: [] },
    hidden: {},
  });
  const clock = tickingClock();
  const records: RequestFields[] = [];
  const failures: unknown[] = [];
  const events: HoldfastEvent[] = [];
  const keyStore = keyStoreOn(keyManager, clock, ciphertextFormats, keys);
  const generation: ServedGeneration = {
    keyStores: keyStores ?? new Map([['/store', keyStore]]),
    deadlineMs,
    proxyFleetSize: 3,
    queueLimit: 100,
    inFlight: new InFlight(),
  };
  const handle = createHandle({
    current: () => generation,
    clock,
    maxBodyBytes: 65_536,
    proxyModel: 'Holdfast 0.0.0',
    audit: undefined,
    blocks: new BlocksInForce(),
    state: SERVING,
    overload: new Overload(clock),
    events: { tell: (event) => events.push(event) },
    observe: (request) => records.push(fieldsOf(request)),
    reportFailure: (error) => failures.push(error),
    ...overrides,
  });
  return { handle, keyManager, records, failures, events, uses: keyStore.uses };
}

/** The state of a replica where all is well. */
export const SERVING: Pick<State, 'isServing' | 'hasReturned' | 'standing' | 'refresh'> = {
  isServing: true,
  hasReturned: false,
  get standing() {
    return IN_STEP;
  },
  refresh: () => Promise.resolve(),
};

/** The standing of a replica where all is well. */
export const IN_STEP: Standing = {
  kind: 'in-step',
  applied: 0,
  ageMs: 0,
  leases: [],
  problems: [],
  leftAside: [],
};

/** The one key store, at the path {@link PREFIX}. */
export function keyStoreOn(
  keyManager: KeyManager,
  clock: Clock,
  ciphertextFormats: CiphertextFormats = HOLDFAST_FORMATS,
  keys: Partial<KeyStandings> = {},
): ServedKeyStore & { readonly uses: NotedUses } {
  return {
    name: 'store',
    uses: new NotedUses(clock),
    keyManager,
    keys: {
      keyOf: () => AS_FOUND,
      aliasOf: () => undefined,
      caughtUp: () => Promise.resolve(),
      destroyedAsked: () => undefined,
      ...keys,
    },
    ciphertextFormats,
    policies: undefined,
    quotas: undefined,
    exposes: (externalKeyId: string) => externalKeyId !== 'hidden',
    verifier: new SignatureVerifier({
      credentials: credentialsIn({ [credential.accessKeyId]: credential.secretAccessKey }),
      region: undefined,
      clock,
      decoySecret: new Secret('decoy'),
    }),
  };
}

/** How a call differs from a well-signed POST. */
export interface CallOptions {
  readonly method?: string;
  readonly credential?: Credential;
  readonly at?: number;
  readonly readBody?: IncomingCall['readBody'];
  readonly rawHeaders?: readonly string[];
  readonly waitedMs?: IncomingCall['waitedMs'];
  readonly isTurnedAway?: boolean;
  readonly cameWhole?: boolean;
  readonly unseenMs?: number;
}

/** A call as `http` would hand it over, and whether it was taken for authenticated. */
export function incoming(path: string, body: Body | string | Buffer, options: CallOptions = {}) {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const headers = signedHeaders({
    credential: options.credential ?? credential,
    path,
    body: bytes,
    host: 'xks.example.com',
    method: options.method ?? 'POST',
    at: options.at ?? NOW,
  });
  let authenticated = false;
  const call: IncomingCall = {
    method: options.method ?? 'POST',
    target: path,
    rawHeaders: options.rawHeaders ?? Object.entries(headers).flat(),
    startedAt: 0,
    clientAddress: '192.0.2.1',
    clientCertificateName: 'cks.kms.eu-west-1.amazonaws.com',
    clientCertificateSubject: 'CN=cks.kms.eu-west-1.amazonaws.com',
    isTurnedAway: options.isTurnedAway ?? false,
    cameWhole: options.cameWhole ?? false,
    unseenMs: options.unseenMs ?? 0,
    isAbandoned: () => false,
    waitedMs: options.waitedMs ?? (() => 0),
    readBody: options.readBody ?? (() => Promise.resolve(bytes)),
    markAuthenticated: () => {
      authenticated = true;
    },
  };
  return { call, isAuthenticated: () => authenticated };
}

/** The name of the error, or `none`. */
export function errorNameOf(answer: Answer): unknown {
  if (answer.status === 200) return 'none';
  return (JSON.parse(answer.body) as Body)['errorName'];
}
