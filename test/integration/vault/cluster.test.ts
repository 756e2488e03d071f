import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { KeyManagerNode } from '../../../src/key-managers/backend.js';
import { makeCertificateAuthority } from '../../support/certificates.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';
import { OpenbaoServer } from '../../support/openbao.js';
import {
  currentRef,
  longDeadline,
  makeAppRole,
  openVault,
  outcomeOf,
} from '../../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';

const raftSchema = z.object({
  data: z.object({ config: z.object({ servers: z.array(z.object({ voter: z.boolean() })) }) }),
});
const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.alloc(10, 2);
/** What a node may say while its cluster has no leader: that it is the node's fault. */
const OUTAGE_CODES = ['unreachable', 'deadline', 'overloaded'];
const RECOVERY = { timeout: 30_000, interval: 100 };
describeWithOpenbao('three nodes of a raft cluster', (program) => {
  const servers: OpenbaoServer[] = [];

  beforeAll(async () => {
    const authority = await makeCertificateAuthority('OpenBao test root');
    for (let started = 0; started < 3; started += 1) {
      servers.push(await OpenbaoServer.launch(program, authority));
    }
    const [leader, ...followers] = servers;
    if (leader === undefined) throw new Error('no server was started');
    await leader.initialise();
    await leader.must('POST', 'sys/mounts/transit', { type: 'transit' });
    await leader.must('POST', 'transit/keys/payroll', { type: 'aes256-gcm96' });
    for (const follower of followers) await follower.join(leader);
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.dispose()));
  });

  it('the leader is killed → the others blame the node until they have a leader, then serve', async () => {
    const [leader, follower] = servers;
    if (leader === undefined || follower === undefined) throw new Error('no servers');
    const { nodes } = await openVault(servers, { login: await makeAppRole(leader) });
    // A standby knows of a new role a moment later, and a cluster that has just begun, or a busy
    // machine, may choose its leader anew.
    const names = await vi.waitFor(async () => {
      await Promise.all(nodes.map(serves));
      return Promise.all(nodes.map(materialNameOf));
    }, RECOVERY);
    expect(new Set(names).size).toBe(1);
    // A node that has just joined does not vote yet, and who is left must be a majority of voters.
    await vi.waitFor(async () => {
      expect(await votersOf(leader)).toBe(3);
    }, RECOVERY);

    await leader.stop('SIGKILL');
    const [dead, ...alive] = nodes;
    const seen = new Set<string>();
    await vi.waitFor(
      async () => {
        const answers = await Promise.all(alive.map(answerOf));
        for (const answer of answers) seen.add(answer);
        expect(answers).toEqual(['served', 'served']);
      },
      { timeout: 60_000, interval: 50 },
    );
    expect([...seen].filter((answer) => ![...OUTAGE_CODES, 'served'].includes(answer))).toEqual([]);
    expect(dead && (await answerOf(dead))).toBe('unreachable');

    await leader.start();
    await leader.unseal();
    await vi.waitFor(() => dead && serves(dead), RECOVERY);
  });

  async function votersOf(server: OpenbaoServer): Promise<number> {
    const answer = await server.must('GET', 'sys/storage/raft/configuration');
    return raftSchema.parse(answer).data.config.servers.filter(({ voter }) => voter).length;
  }

  async function serves(node: KeyManagerNode): Promise<void> {
    const ref = await currentRef(node, 'payroll');
    const sealed = await node.encrypt(ref, PLAINTEXT, AAD, longDeadline());
    expect(await node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(PLAINTEXT);
  }

  async function materialNameOf(node: KeyManagerNode): Promise<string> {
    return (await currentRef(node, 'payroll')).version.materialName.toString('hex');
  }

  /** What a request on KMS's deadline gets. */
  async function answerOf(node: KeyManagerNode): Promise<string> {
    const ref = await currentRef(node, 'payroll');
    return outcomeOf(node.encrypt(ref, PLAINTEXT, AAD, Deadline.after(systemClock, 140)));
  }
});
