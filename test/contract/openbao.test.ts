import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, it } from 'vitest';
import type { KeyUsage } from '../../src/key-managers/backend.js';
import { keyManagerContract } from '../../src/key-managers/contract/index.js';
import { OpenbaoServer } from '../support/openbao.js';
import { firstNode, longDeadline, makeAppRole, openVault } from '../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../support/openbao-program.js';

describeWithOpenbao('the vault key manager on OpenBao', (program) => {
  let server: OpenbaoServer;
  let login: object;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server);
  });

  afterAll(async () => {
    await server.dispose();
  });

  it.each(keyManagerContract)('$title', async ({ run }) => {
    const keys = oneWayKeys();
    const { nodes, administration } = await openVault([server], { login, keys });
    await run({
      node: firstNode({ nodes }),
      deadline: longDeadline,
      async makeKey(usage) {
        const externalKeyId = oneWayKey(keys, usage) ?? `contract-${randomUUID()}`;
        await administration.createKey(externalKeyId, usage);
        return externalKeyId;
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
