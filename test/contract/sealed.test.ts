import { randomUUID } from 'node:crypto';
import { describe, it } from 'vitest';
import { type ContractHarness, keyManagerContract } from '../../src/key-managers/contract/index.js';
import { sealedKeysIn, StateNames } from '../../src/key-managers/sealed/state/sealed-keys.js';
import { longDeadline } from '../support/key-folder.js';
import { MemoryState } from '../support/memory-state-store.js';
import { SEALED, sealedReplica } from '../support/sealed-keys.js';

const names = new StateNames(SEALED);

async function makeHarness(): Promise<ContractHarness> {
  const memory = new MemoryState();
  const replica = await sealedReplica(memory);
  const other = await sealedReplica(memory);
  return {
    node: replica.node,
    administration: replica.administration,
    deadline: longDeadline,
    async makeKey(usage) {
      const externalKeyId = `contract-${randomUUID()}`;
      await replica.administration.createKey(externalKeyId, usage);
      return externalKeyId;
    },
    others: {
      node: other.node,
      freeId: () => `Contract-${randomUUID()}`,
      async makeKey(externalKeyId) {
        await other.administration.createKey(externalKeyId, new Set(['ENCRYPT', 'DECRYPT']));
      },
      async addVersion(externalKeyId) {
        const { current } = await other.node.describeKey(externalKeyId, longDeadline());
        await other.state.counters.forget(names.counter(current?.materialName ?? Buffer.alloc(0)));
        // A replica that starts gives a new version to every key whose count is unknown.
        const third = await sealedReplica(memory);
        await third.close();
      },
      async destroyKey(externalKeyId) {
        const documents = sealedKeysIn(other.state);
        const name = names.document(externalKeyId);
        await documents.remove(name, documents.get(name)?.revision ?? 0);
      },
    },
  };
}

describe('sealed keys in the state', () => {
  it.each(keyManagerContract)('$title', async ({ run }) => {
    await run(await makeHarness());
  });
});
