import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeyManagerNode, type KeyRef, type NodeHealth } from '../backend.js';
import { findTestKey, opensTest, sealTest, type TestProof } from '../health-test.js';
import { withinDeadline } from '../within-deadline.js';

/** The health of a node, compared with the other nodes. */
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

async function checkAlone(node: KeyManagerNode, deadline: Deadline): Promise<NodeHealth> {
  try {
    return await withinDeadline(node.checkHealth(deadline), deadline, 'the node');
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
      return {
        index,
        node,
        key: await withinDeadline(findTestKey(node, deadline), deadline, 'the node'),
      };
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
    const sealed = await withinDeadline(
      sealTest(reference.node, reference.key, deadline),
      deadline,
      'the node',
    );
    await Promise.all(
      others.map(async ({ index, node, key }) => {
        const health = await compareOne(node, { key, sealed }, deadline);
        if (health === 'other-material') results[index] = otherMaterial([reference]);
        else if (health !== 'same-material') results[index] = health;
      }),
    );
  } catch (error) {
    results[reference.index] = { status: 'UNAVAILABLE', detail: messageOf(error) };
  }
}

async function compareOne(
  node: KeyManagerNode,
  proof: TestProof,
  deadline: Deadline,
): Promise<'same-material' | 'other-material' | NodeHealth> {
  try {
    const opens = await withinDeadline(opensTest(node, proof, deadline), deadline, 'the node');
    return opens ? 'same-material' : 'other-material';
  } catch (error) {
    return { status: 'UNAVAILABLE', detail: messageOf(error) };
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
