import type { Deadline } from '../../shared/deadline.js';
import {
  HEALTH_TEST_KEY_ID,
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
} from '../backend.js';
import { opensTest, proveRoundTrip, type TestProof } from '../health-test.js';
import { withinDeadline } from '../within-deadline.js';

/**
 * Finds the nodes that are to take the place of others and have other key material: they cannot
 * open what those seal with the test key. Nodes that do not answer are left out.
 *
 * @param before one of them proves what is right; where none can, nobody is found
 * @returns the names of the nodes
 */
export async function nodesWithOtherKeys(
  before: readonly KeyManagerNode[],
  after: readonly KeyManagerNode[],
  deadline: Deadline,
): Promise<readonly string[]> {
  const proof = await firstProof(before, deadline);
  if (proof === undefined) return [];
  const found = await Promise.all(
    after.map(async (node) => ((await opens(node, proof, deadline)) ? [] : [node.name])),
  );
  return found.flat();
}

async function firstProof(
  nodes: readonly KeyManagerNode[],
  deadline: Deadline,
): Promise<TestProof | undefined> {
  for (const node of nodes) {
    try {
      return await withinDeadline(proveRoundTrip(node, deadline), deadline, 'the node');
    } catch (error) {
      // The next may be well.
      if (!(error instanceof KeyManagerError)) throw error;
    }
  }
  return undefined;
}

async function opens(
  node: KeyManagerNode,
  { key, sealed }: TestProof,
  deadline: Deadline,
): Promise<boolean> {
  try {
    const own = await withinDeadline(sameMaterial(node, key, deadline), deadline, 'the node');
    if (own === undefined) return false;
    const opening = opensTest(node, { key: own, sealed }, deadline);
    return await withinDeadline(opening, deadline, 'the node');
  } catch (error) {
    if (!(error instanceof KeyManagerError)) throw error;
    return error.code !== 'key-not-found';
  }
}

/** The version that has the name of the material, by whatever number the node knows it. */
async function sameMaterial(
  node: KeyManagerNode,
  { version: { materialName } }: KeyRef,
  deadline: Deadline,
): Promise<KeyRef | undefined> {
  const { versions } = await node.describeKey(HEALTH_TEST_KEY_ID, deadline);
  const version = [...versions.values()].find((each) => each.materialName.equals(materialName));
  return version && { externalKeyId: HEALTH_TEST_KEY_ID, version };
}
