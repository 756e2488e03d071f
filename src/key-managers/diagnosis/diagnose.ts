import { Deadline } from '../../shared/deadline.js';
import type { KeyAdministration, KeyManagerNode, NodeHealth } from '../backend.js';
import { checkedAdministration } from '../nodes/checked-administration.js';
import { CheckedNode } from '../nodes/conditions.js';
import { checkFleet, type FleetNodeHealth } from '../nodes/fleet-check.js';
import { type DiagnosisFinding, type NodeDiagnosis, ok, skipped } from './finding.js';
import { examineKeys } from './key-checks.js';
import { type DiagnosisTerms, examineNode } from './node-checks.js';
import { examineTogether, type ExaminedNode, foreignNames } from './other-nodes.js';

/** As the server's own check. */
const FLEET_BUDGET_MS = 5_000;

/** A node that has been started, and what an administrator may do there. */
export interface StartedNode {
  readonly node: KeyManagerNode;
  readonly administration: KeyAdministration;
}

/**
 * Examines the nodes of one key manager, one after the other, then against each other, and then as
 * a server would that has to decide where requests go.
 *
 * @returns a diagnosis a node, in order; never rejects for what is wrong with a node
 */
export async function diagnose(
  started: readonly StartedNode[],
  terms: DiagnosisTerms,
): Promise<readonly NodeDiagnosis[]> {
  const examined: ExaminedNode[] = [];
  for (const { node, administration } of started) {
    examined.push(
      await examineAlone(new CheckedNode(node), checkedAdministration(administration), terms),
    );
  }
  const nodes = examined.map(({ node }) => node);
  const deadline = Deadline.after(terms.clock, FLEET_BUDGET_MS);
  const health = await checkFleet(nodes, deadline);
  const foreign = foreignNames(nodes, health);
  const diagnoses: NodeDiagnosis[] = [];
  for (const [at, { node, findings }] of examined.entries()) {
    const together = await examineTogether(at, examined, foreign, terms);
    const verdict: FleetNodeHealth = health[at] ?? { status: 'UNAVAILABLE' };
    diagnoses.push({
      name: node.name,
      location: node.location,
      status: verdict.status,
      findings: [...findings, ...together, healthOf(verdict)],
    });
  }
  return diagnoses;
}

async function examineAlone(
  node: KeyManagerNode,
  administration: KeyAdministration,
  terms: DiagnosisTerms,
): Promise<ExaminedNode> {
  const { findings, answers, proof } = await examineNode(node, terms);
  const silent = 'it does not answer';
  const ofKeys = answers
    ? await examineKeys(administration, proof !== undefined)
    : [skipped('keys', silent), skipped('encryptions-left', silent)];
  const started = ok('start', `${node.vendor}, ${node.model}`);
  return { node, proof, findings: [started, ...findings, ...ofKeys] };
}

/** Reports the status that GetHealthStatus would give for the node, and the consequence. */
function healthOf({ status, detail = 'nothing is wrong' }: NodeHealth): DiagnosisFinding {
  switch (status) {
    case 'ACTIVE':
      return ok('health', `${status}: ${detail}`);
    case 'DEGRADED':
      return {
        check: 'health',
        outcome: 'warning',
        detail: `${status}: ${detail}`,
        meaning: 'The node serves, but not everything that it should.',
        advice: 'Put right what it says; until then alerts on the state of nodes stay on.',
      };
    case 'UNAVAILABLE':
      return {
        check: 'health',
        outcome: 'failed',
        detail: `${status}: ${detail}`,
        meaning:
          'A server sends the node no request while another one is well. Where none is, KMS callers ' +
          'see KMSInvalidStateException.',
        advice: 'Put right what failed above, and run this again.',
      };
  }
}
