import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, it } from 'vitest';
import { keyManagerContract } from '../../src/key-managers/contract/index.js';
import { longDeadline, type OpenedToken, openToken } from '../support/pkcs11.js';
import { describeWithModule } from '../support/pkcs11-suite.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../support/softhsm.js';

describeWithModule('the pkcs11 key manager on SoftHSM', softHsmModule, () => {
  let token: SoftHsmToken;
  let manager: OpenedToken;

  beforeAll(async () => {
    token = await makeSoftHsmToken();
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
});
