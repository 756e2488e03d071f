import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, it } from 'vitest';
import { TRANSIT_POLICY } from '../../scripts/lib/transit-policy.mjs';
import type { KeyUsage } from '../../src/key-managers/backend.js';
import { keyManagerContract } from '../../src/key-managers/contract/index.js';
import { LeapingClock } from '../support/leaping-clock.js';
import { OpenbaoServer } from '../support/openbao.js';
import { firstNode, longDeadline, makeAppRole, openVault } from '../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../support/openbao-program.js';

describeWithOpenbao('the vault key manager on OpenBao', (program) => {
  let server: OpenbaoServer;
  let login: object;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server, 'holdfast', { policy: TRANSIT_POLICY });
  });

  afterAll(async () => {
    await server.dispose();
  });

  it.each(keyManagerContract)('$title', async ({ run }) => {
    const keys = oneWayKeys();
    const clock = new LeapingClock();
    const { nodes, administration } = await openVault([server], { login, keys }, { clock });
    const other = firstNode(await openVault([server], { login, keys }));
    await run({
      node: firstNode({ nodes }),
      administration,
      hasNoKeysWithoutMaterial: true,
      settle: () => {
        clock.leap(60_000);
      },
      deadline: longDeadline,
      async makeKey(usage) {
        const externalKeyId = oneWayKey(keys, usage) ?? `contract-${randomUUID()}`;
        await administration.createKey(externalKeyId, usage);
        return externalKeyId;
      },
      others: {
        node: other,
        freeId: () => `contract-${randomUUID()}`,
        async makeKey(id) {
          await server.must('POST', `transit/keys/${id}`, { type: 'aes256-gcm96' });
        },
        async addVersion(id) {
          await server.must('POST', `transit/keys/${id}/rotate`);
        },
        async destroyKey(id) {
          await server.must('POST', `transit/keys/${id}/config`, { deletion_allowed: true });
          await server.must('DELETE', `transit/keys/${id}`);
        },
        async shutOffOldVersions(id, isShutOff) {
          const min_decryption_version = isShutOff ? 2 : 1;
          await server.must('POST', `transit/keys/${id}/config`, { min_decryption_version });
        },
        async setEnabled(id, enabled) {
          if (enabled) await server.must('POST', `transit/keys/${id}/soft-delete-restore`);
          else await server.must('DELETE', `transit/keys/${id}/soft-delete`);
        },
      },
    });
  });
});

interface OneWayKey {
  readonly externalKeyId: string;
  readonly usage: readonly KeyUsage[];
}

/** Transit does not know what a key is for: keys that are not for everything are configured. */
function oneWayKeys(): OneWayKey[] {
  const usages: KeyUsage[][] = [['ENCRYPT'], ['DECRYPT'], []];
  return usages.map((usage) => ({ externalKeyId: `contract-${randomUUID()}`, usage }));
}

function oneWayKey(keys: OneWayKey[], usage: ReadonlySet<KeyUsage>): string | undefined {
  return keys.find((key) => key.usage.join() === [...usage].join())?.externalKeyId;
}
