import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { keyManagerContract } from '../../src/key-managers/contract/index.js';
import { LeapingClock } from './leaping-clock.js';
import { longDeadline, type OpenedToken, openToken, type TestToken } from './pkcs11.js';
import { actOnToken, type ObjectNames } from './token-tool.js';

/** The contract of every key manager, on a token. To be called in a suite that has its library. */
export function runPkcs11Contract(makeToken: () => Promise<TestToken & { remove(): void }>): void {
  let token: Awaited<ReturnType<typeof makeToken>>;
  let manager: OpenedToken;
  let other: OpenedToken;
  const clock = new LeapingClock();

  beforeAll(async () => {
    token = await makeToken();
    const config = { children: 2, keyId: '{externalKeyId}:{version}' };
    manager = await openToken(token, { config, ports: { clock } });
    const countersDirectory = join(token.folder, 'counters-of-another');
    other = await openToken(token, { config: { ...config, countersDirectory } });
  });

  afterAll(async () => {
    await Promise.all([manager.node.close(), other.node.close()]);
    token.remove();
  });

  it.each(keyManagerContract)('$title', async ({ run }) => {
    await run({
      node: manager.node,
      administration: manager.administration,
      hasNoKeysWithoutMaterial: true,
      forgetsOrigins: true,
      settle: () => {
        clock.leap(61_000);
      },
      deadline: longDeadline,
      async makeKey(usage) {
        const externalKeyId = `contract-${randomUUID()}`;
        await manager.administration.createKey(externalKeyId, usage);
        return externalKeyId;
      },
      others: {
        node: other.node,
        freeId: () => `contract-${randomUUID()}`,
        async makeKey(externalKeyId) {
          await actOnToken(token, ['generate', namesOf(externalKeyId, 1)]);
        },
        async addVersion(externalKeyId) {
          await actOnToken(token, ['generate', namesOf(externalKeyId, 2)]);
        },
        async destroyKey(externalKeyId) {
          await actOnToken(token, ['destroy', { label: externalKeyId }]);
        },
      },
    });
  });
}

function namesOf(externalKeyId: string, version: number): ObjectNames {
  return { label: externalKeyId, id: `${externalKeyId}:${String(version)}` };
}
