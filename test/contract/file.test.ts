import { randomUUID } from 'node:crypto';
import { describe, it } from 'vitest';
import { type ContractHarness, keyManagerContract } from '../../src/key-managers/contract/index.js';
import { longDeadline, makeKeyFolder } from '../support/key-folder.js';

async function makeHarness(): Promise<ContractHarness> {
  const folder = await makeKeyFolder();
  const { node, administration } = await folder.open({ init: true });
  return {
    node,
    administration,
    deadline: longDeadline,
    async makeKey(usage) {
      const externalKeyId = `contract-${randomUUID()}`;
      await administration.createKey(externalKeyId, usage);
      return externalKeyId;
    },
  };
}

describe('the file key manager', () => {
  it.each(keyManagerContract)('$title', async ({ run }) => {
    await run(await makeHarness());
  });
});
