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

/** Failures of the test key alone, or short ones; other keys may still work. */
const LIMITED_FAILURES: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'key-disabled',
  'usage-denied',
  'unsupported',
  'overloaded',
]);

/** Meanings of the statuses of sys/health. @see OpenBao API, /sys/health */
const STATES: ReadonlyMap<number, string> = new Map([
  [200, 'it is unsealed and active'],
  [429, 'it is a standby'],
  [472, 'it is a disaster-recovery secondary'],
  [473, 'it is a performance standby'],
  [501, 'it is not initialised'],
  [503, 'it is sealed'],
]);

/** Services and settings of a health check. */
export interface HealthPorts {
  readonly client: VaultClient;
  readonly transit: Transit;
  /** Name of the test key in Transit; undefined where the naming allows none. */
  readonly healthTestKey: string | undefined;
  /** True when a missing test key is not created. */
  readonly readOnly: boolean;
}

/**
 * Encrypts and decrypts with the test key, and creates it first where it is missing and the policy
 * allows that. Then checks whether the policy also allows to create keys by mistake.
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
    'the policy grants `create` on the encrypt path, so that using a mistyped key name could ' +
    'create a key; grant `update` alone, or set disable_upsert';
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
      `${failure.message}, and Holdfast cannot create it; run: ` +
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

/** Checks that Transit binds `associated_data`: an old Transit ignores it. */
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

/** Asks the server for its state, to add to the failure. */
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
