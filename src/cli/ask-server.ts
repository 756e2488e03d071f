import type { AnswerOf } from '../admin/contract/route.js';
import type { Routes } from '../admin/contract/routes.js';
import {
  type DiagnosisFinding,
  type NodeDiagnosis,
  ok,
} from '../key-managers/diagnosis/finding.js';
import { AdminClient } from './admin-client.js';
import { CliError } from './exit.js';

type ServerNode = AnswerOf<Routes['showKeyManager']>['nodes'][number];

/**
 * A diagnosis by the running server's own checks, for a node that it has for itself.
 *
 * @returns undefined where no server answers
 */
export async function diagnosisOfServer(
  socketPath: string,
  keyManager: string,
): Promise<readonly NodeDiagnosis[] | undefined> {
  const client = new AdminClient(socketPath);
  try {
    const { nodes } = await client.call('showKeyManager', { pathParameters: { keyManager } });
    const keys = await keysFinding(client, keyManager);
    return nodes.map((node) => ({
      name: node.name,
      location: node.location,
      status: node.status,
      findings: [ok('start', `the running server has it (${socketPath})`), keys, healthOf(node)],
    }));
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

async function keysFinding(client: AdminClient, keyManager: string): Promise<DiagnosisFinding> {
  const { keys, gaps } = await client.call('listKeys', { query: { keyManager } });
  const troubled = keys.filter(({ problem }) => problem !== undefined);
  const [gap] = gaps;
  if (troubled.length === 0 && gap !== undefined) {
    return {
      check: 'keys',
      outcome: 'warning',
      detail: `${keys.length} known, all of them usable; ${gap.reason}`,
      meaning: 'Of a key that this replica does not know it answers InternalException.',
      advice: 'See `holdfast status`, and look again when the state store answers.',
    };
  }
  if (troubled.length === 0) return ok('keys', `${keys.length}, all of them usable`);
  return {
    check: 'keys',
    outcome: 'warning',
    detail: troubled
      .map(({ externalKeyId, problem = '' }) => `${externalKeyId} (${problem})`)
      .join(', '),
    meaning: 'KMS keys that rely on one of them fail with KMSInvalidStateException. Others work.',
    advice: 'See `holdfast keys show ID`, and restore a damaged key from a backup.',
  };
}

/** By the server's check, which encrypts and decrypts with the test key every 20 s. */
function healthOf({ status, detail = 'nothing is wrong' }: ServerNode): DiagnosisFinding {
  const told = `${status}, by the running server: ${detail}`;
  if (status === 'ACTIVE') return ok('health', told);
  return {
    check: 'health',
    outcome: status === 'DEGRADED' ? 'warning' : 'failed',
    detail: told,
    meaning:
      'Some or all requests with its keys fail, and KMS callers see KMSInvalidStateException.',
    advice:
      'Put right what it says. For all that is looked at here, run this again while the server is stopped.',
  };
}
