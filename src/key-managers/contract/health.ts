import assert from 'node:assert/strict';
import type { ContractCase } from './contract-case.js';

/** The cases of checkHealth and of the node in GetHealthStatus. */
export const healthCases: readonly ContractCase[] = [
  {
    title: 'a node that works → ACTIVE',
    async run({ node, deadline }) {
      assert.deepEqual(await node.checkHealth(deadline()), { status: 'ACTIVE' });
    },
  },
  {
    title: 'a node → has a name, a location, a vendor and a model',
    run({ node }) {
      for (const text of [node.name, node.location, node.vendor, node.model])
        assert(text.length > 0);
      return Promise.resolve();
    },
  },
];
