import type { Deadline } from '../../shared/deadline.js';
import type { KeyManagerNode } from '../backend.js';
import { opensTest, type TestProof } from '../health-test.js';
import type { FleetNodeHealth } from '../nodes/fleet-check.js';
import { explained } from './explanations.js';
import { type DiagnosisFinding, ok, skipped } from './finding.js';
import { type DiagnosisTerms, inStep, nameText } from './node-checks.js';

/** A node, and what has been found of it alone. */
export interface ExaminedNode {
  readonly node: KeyManagerNode;
  readonly findings: readonly DiagnosisFinding[];
  /** The test that it has sealed, if its round trip passed. */
  readonly proof: TestProof | undefined;
}

interface ProvenNode extends ExaminedNode {
  readonly proof: TestProof;
}

/** The nodes that have other key material than most, as the fleet's check has it. */
export function foreignNames(
  nodes: readonly KeyManagerNode[],
  health: readonly FleetNodeHealth[],
): ReadonlySet<string> {
  return new Set(nodes.flatMap(({ name }, at) => (health[at]?.isForeign ? [name] : [])));
}

/**
 * Has one of the nodes open what each of the others has sealed.
 *
 * @param foreign by name; the rest is not blamed for what these have sealed
 * @returns nothing where there is one node alone
 */
export async function examineTogether(
  at: number,
  nodes: readonly ExaminedNode[],
  foreign: ReadonlySet<string>,
  terms: DiagnosisTerms,
): Promise<readonly DiagnosisFinding[]> {
  const own = nodes[at];
  if (own === undefined || nodes.length === 1) return [];
  const others = nodes.filter((other) => other !== own).filter(isProven);
  if (!isProven(own) || others.length === 0) {
    return [skipped('other-nodes', 'there are no two nodes that encrypt and decrypt')];
  }
  try {
    return [await compare(own, others, foreign, terms)];
  } catch (error) {
    return [explained('other-nodes', 'failed', error)];
  }
}

function isProven(examined: ExaminedNode): examined is ProvenNode {
  return examined.proof !== undefined;
}

async function compare(
  own: ProvenNode,
  others: readonly ProvenNode[],
  foreign: ReadonlySet<string>,
  terms: DiagnosisTerms,
): Promise<DiagnosisFinding> {
  const opened: string[] = [];
  const unopened: string[] = [];
  for (const other of others) {
    const opens = await inStep(terms, (deadline) => opensTestOf(own, other, deadline));
    (opens ? opened : unopened).push(other.node.name);
  }
  const isForeign = foreign.has(own.node.name);
  const blamed = unopened.filter((name) => isForeign || !foreign.has(name));
  if (blamed.length > 0) return otherMaterial(own, blamed);
  const besides =
    unopened.length > 0 ? `not what ${unopened.join(', ')} did, which has other material` : '';
  const opens = opened.length > 0 ? `it opens what ${opened.join(', ')} sealed` : '';
  return ok('other-nodes', [opens, besides].filter((part) => part !== '').join('; '));
}

/** Material under another name is not even tried: some key managers would look for it, and wait. */
async function opensTestOf(
  own: ProvenNode,
  { proof: { key, sealed } }: ProvenNode,
  deadline: Deadline,
): Promise<boolean> {
  const { materialName } = key.version;
  if (!own.proof.key.version.materialName.equals(materialName)) return false;
  return opensTest(own.node, { key: own.proof.key, sealed }, deadline);
}

function otherMaterial(
  { proof: { key } }: ProvenNode,
  others: readonly string[],
): DiagnosisFinding {
  return {
    check: 'other-nodes',
    outcome: 'failed',
    detail:
      `it cannot open what ${others.join(', ')} sealed: its test key is other material ` +
      `(${nameText(key.version.materialName)})`,
    meaning:
      'A server sends the node no request, because no other node could decrypt what it encrypts.',
    advice:
      'Give it copies of the keys that the others have, by the means of its vendor, or take it out ' +
      'of the configuration. If it is the others that are wrong, take those out.',
  };
}
