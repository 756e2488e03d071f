import { randomUUID } from 'node:crypto';
import { describe, it } from 'vitest';
import { keyManagerContract } from '../../src/key-managers/contract/index.js';
import { longDeadline, makeKeyFolder } from '../support/key-folder.js';

describe('the file key manager', () => {
  it.each(keyManagerContract)('$title', async ({ run }) => {
    const folder = await makeKeyFolder();
    const { node, administration } = await folder.open({ init: true });
    await run({
      node,
      deadline: longDeadline,
      async makeKey(usage) {
        const externalKeyId = `contract-${randomUUID()}`;
        await administration.createKey(externalKeyId, usage);
        return externalKeyId;
      },
    });
  });
});
