import type { Deadline } from '../../shared/deadline.js';
import {
  HEALTH_TEST_KEY_ID,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
  type NodeHealth,
  type Sealed,
} from '../backend.js';
import { inTime } from './in-time.js';

const TEST_PLAINTEXT = Buffer.from('holdfast health test');
const TEST_AAD = Buffer.alloc(0);
const REFUSALS: ReadonlySet<KeyManagerErrorCode> = new Set([
  'invalid-ciphertext',
  'rejected',
  'version-not-found',
]);

/** What a check found of a node in the company of the others. */
export interface FleetNodeHealth extends NodeHealth {
  /** It has other key material than the rest, so it must get no request, whatever else fails. */
  readonly isForeign?: true;
}

/** A node that passed its own check, and the material that it has under the test key. */
interface Candidate {
  readonly index: number;
  readonly node: KeyManagerNode;
  readonly key: KeyRef;
}

/**
 * Checks every node by itself, and then against each other: one encrypts with the test key, and
 * the others have to decrypt. A node with other material would make ciphertexts that no other can
 * open, so it is UNAVAILABLE however healthy it feels. The majority decides who is wrong, and
 * where there is none, the node that is configured first.
 *
 * @returns a result a node, in order; never rejects
 */
export async function checkFleet(
  nodes: readonly KeyManagerNode[],
  deadline: Deadline,
): Promise<readonly FleetNodeHealth[]> {
  const alone = await Promise.all(nodes.map((node) => checkAlone(node, deadline)));
  if (nodes.length === 1) return alone;
  const candidates = await findCandidates(nodes, alone, deadline);
  const trusted = largestGroup(candidates);
  const together: FleetNodeHealth[] = [...alone];
  for (const { index } of candidates.filter((candidate) => !trusted.includes(candidate))) {
    together[index] = otherMaterial(trusted);
  }
  await compare(trusted, together, deadline);
  return together;
}

/** Proves that a node can encrypt and decrypt, with the test key. @throws KeyManagerError */
export async function proveRoundTrip(node: KeyManagerNode, deadline: Deadline): Promise<void> {
  const { current } = await node.describeKey(HEALTH_TEST_KEY_ID, deadline);
  if (current === undefined) throw new KeyManagerError('key-disabled', 'the test key is disabled');
  const key = { externalKeyId: HEALTH_TEST_KEY_ID, version: current };
  const sealed = await node.encrypt(key, TEST_PLAINTEXT, TEST_AAD, deadline);
  const opened = await node.decrypt(key, sealed, TEST_AAD, deadline);
  if (!opened.equals(TEST_PLAINTEXT)) {
    throw new KeyManagerError('corrupt', 'the test key decrypts to something else');
  }
}

async function checkAlone(node: KeyManagerNode, deadline: Deadline): Promise<NodeHealth> {
  try {
    return await inTime(node.checkHealth(deadline), deadline);
  } catch (error) {
    return { status: 'UNAVAILABLE', detail: messageOf(error) };
  }
}

async function findCandidates(
  nodes: readonly KeyManagerNode[],
  alone: readonly NodeHealth[],
  deadline: Deadline,
): Promise<readonly Candidate[]> {
  const found = await Promise.allSettled(
    nodes.map(async (node, index) => {
      if (alone[index]?.status === 'UNAVAILABLE') return undefined;
      const describing = node.describeKey(HEALTH_TEST_KEY_ID, deadline);
      const { current } = await inTime(describing, deadline);
      if (current === undefined) return undefined;
      return { index, node, key: { externalKeyId: HEALTH_TEST_KEY_ID, version: current } };
    }),
  );
  return found.flatMap((result) =>
    result.status === 'fulfilled' && result.value !== undefined ? [result.value] : [],
  );
}

function largestGroup(candidates: readonly Candidate[]): readonly Candidate[] {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const name = candidate.key.version.materialName.toString('hex');
    groups.set(name, [...(groups.get(name) ?? []), candidate]);
  }
  // The sort is stable, so of groups of one size the one with the first configured node wins.
  const [largest] = [...groups.values()].sort((a, b) => b.length - a.length);
  return largest ?? [];
}

async function compare(
  [reference, ...others]: readonly Candidate[],
  results: FleetNodeHealth[],
  deadline: Deadline,
): Promise<void> {
  if (reference === undefined || others.length === 0) return;
  try {
    const encrypting = reference.node.encrypt(reference.key, TEST_PLAINTEXT, TEST_AAD, deadline);
    const sealed = await inTime(encrypting, deadline);
    await Promise.all(
      others.map(async ({ index, node, key }) => {
        const health = await opens(node, key, sealed, deadline);
        if (health === 'other-material') results[index] = otherMaterial([reference]);
        else if (health !== 'same-material') results[index] = health;
      }),
    );
  } catch (error) {
    results[reference.index] = { status: 'UNAVAILABLE', detail: messageOf(error) };
  }
}

/** A refusal speaks of the material, any other failure of the node. */
async function opens(
  node: KeyManagerNode,
  key: KeyRef,
  sealed: Sealed,
  deadline: Deadline,
): Promise<'same-material' | 'other-material' | NodeHealth> {
  try {
    const decrypting = node.decrypt(key, sealed, TEST_AAD, deadline);
    const opened = await inTime(decrypting, deadline);
    return opened.equals(TEST_PLAINTEXT) ? 'same-material' : 'other-material';
  } catch (error) {
    const refused = error instanceof KeyManagerError && REFUSALS.has(error.code);
    return refused ? 'other-material' : { status: 'UNAVAILABLE', detail: messageOf(error) };
  }
}

function otherMaterial(trusted: readonly Candidate[]): FleetNodeHealth {
  const names = trusted.map(({ node }) => node.name).join(', ');
  return {
    status: 'UNAVAILABLE',
    isForeign: true,
    detail: `it cannot open what ${names} encrypts: its test key is other material`,
  };
}

function messageOf(error: unknown): string {
  return error instanceof KeyManagerError ? error.message : 'the check failed unexpectedly';
}
