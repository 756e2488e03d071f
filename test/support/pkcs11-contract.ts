import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, it } from 'vitest';
import { keyManagerContract } from '../../src/key-managers/contract/index.js';
import { longDeadline, type OpenedToken, openToken, type TestToken } from './pkcs11.js';

/** The contract of every key manager, on a token. To be called in a suite that has its library. */
export function runPkcs11Contract(makeToken: () => Promise<TestToken & { remove(): void }>): void {
  let token: Awaited<ReturnType<typeof makeToken>>;
  let manager: OpenedToken;

  beforeAll(async () => {
    token = await makeToken();
    manager = await openToken(token, { config: { children: 2 } });
  });

  afterAll(async () => {
    await manager.node.close();
    token.remove();
  });

  it.each(keyManagerContract)('$title', async ({ run }) => {
    await run({
      node: manager.node,
      deadline: longDeadline,
      async makeKey(usage) {
        const externalKeyId = `contract-${randomUUID()}`;
        await manager.administration.createKey(externalKeyId, usage);
        return externalKeyId;
      },
    });
  });
}
