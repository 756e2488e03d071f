import type { Deadline } from '../../shared/deadline.js';
import {
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type NodeHealth,
} from '../backend.js';
import { proveRoundTrip, type TestProof } from '../health-test.js';
import type { Transit } from './transit.js';
import type { VaultClient } from './vault-client.js';

const OTHER_AAD = Buffer.from('other than that of the health test');

/** What keeps the test key alone from working, or is over soon; other keys go on. */
const LIMITED_FAILURES: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'key-disabled',
  'usage-denied',
  'unsupported',
  'overloaded',
]);

/** What the statuses of sys/health say. @see OpenBao API, /sys/health */
const STATES: ReadonlyMap<number, string> = new Map([
  [200, 'it is unsealed and active'],
  [429, 'it stands by'],
  [472, 'it is a disaster-recovery secondary'],
  [473, 'it is a performance standby'],
  [501, 'it is not initialised'],
  [503, 'it is sealed'],
]);

/** Services and settings of a health check. */
export interface HealthPorts {
  readonly client: VaultClient;
  readonly transit: Transit;
  /** What the test key is called in Transit; undefined where the names have no room for it. */
  readonly healthTestKey: string | undefined;
  /** Whether the test key is left unmade where it is missing. */
  readonly readOnly: boolean;
}

/**
 * Encrypts and decrypts with the test key, making it first where it is missing and the policy
 * lets us; then looks whether the policy lets us make keys by mistake, too.
 */
export async function healthOf(
  node: KeyManagerNode,
  ports: HealthPorts,
  deadline: Deadline,
): Promise<NodeHealth> {
  const failure = await failureOf(node, ports, deadline);
  if (failure !== undefined) {
    const status = LIMITED_FAILURES.has(failure.code) ? 'DEGRADED' : 'UNAVAILABLE';
    return { status, detail: `the test key: ${failure.message}${await stateOf(ports, deadline)}` };
  }
  if (!(await mayUpsert(ports, deadline))) return { status: 'ACTIVE' };
  const detail =
    'the policy grants create on encrypt, so that a mistyped key could be made by using it; ' +
    'grant update alone, or set disable_upsert';
  return { status: 'DEGRADED', detail };
}

async function failureOf(
  node: KeyManagerNode,
  { transit, healthTestKey, readOnly }: HealthPorts,
  deadline: Deadline,
): Promise<KeyManagerError | undefined> {
  const failure = await roundTrip(node, deadline);
  const isMissing = failure?.code === 'key-not-found';
  if (!isMissing || healthTestKey === undefined || readOnly) return failure;
  try {
    await transit.createKey(healthTestKey, deadline);
  } catch (error) {
    return new KeyManagerError(
      failure.code,
      `${failure.message}, and it cannot be made; run: ` +
        `bao write ${transit.pathOf(healthTestKey)} type=aes256-gcm96`,
      { cause: error },
    );
  }
  return roundTrip(node, deadline);
}

async function roundTrip(
  node: KeyManagerNode,
  deadline: Deadline,
): Promise<KeyManagerError | undefined> {
  try {
    return await aadFailure(node, await proveRoundTrip(node, deadline), deadline);
  } catch (error) {
    if (error instanceof KeyManagerError) return error;
    return new KeyManagerError('internal', 'the check failed unexpectedly', { cause: error });
  }
}

/** A Transit that does not know `associated_data` ignores it, and would bind nothing to it. */
async function aadFailure(
  node: KeyManagerNode,
  { key, sealed }: TestProof,
  deadline: Deadline,
): Promise<KeyManagerError | undefined> {
  try {
    await node.decrypt(key, sealed, OTHER_AAD, deadline);
    return new KeyManagerError(
      'misconfigured',
      'the server ignores associated_data: it is too old',
    );
  } catch (error) {
    if (error instanceof KeyManagerError && error.code === 'invalid-ciphertext') return undefined;
    throw error;
  }
}

/** The server's own word on why it does not work, to complete a sentence. */
async function stateOf({ client }: HealthPorts, deadline: Deadline): Promise<string> {
  try {
    const { status } = await client.health(deadline);
    return `; sys/health: ${STATES.get(status) ?? `status ${status}`}`;
  } catch {
    return ''; // What kept the round trip from working keeps this from working, and is told.
  }
}

async function mayUpsert(
  { transit, healthTestKey }: HealthPorts,
  deadline: Deadline,
): Promise<boolean> {
  if (healthTestKey === undefined) return false;
  try {
    return await transit.mayUpsert(healthTestKey, deadline);
  } catch {
    return false; // A token that may not ask what it may do has a policy narrower than usual.
  }
}
