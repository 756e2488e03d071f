import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { keyManagerContract } from '../../src/key-managers/contract/index.js';
import { createModuleKeyManager } from '../../src/key-managers/module/index.js';
import { invariant } from '../../src/shared/assert.js';
import { systemClock } from '../../src/shared/clock.js';
import { Secret } from '../../src/shared/secret.js';
import { longDeadline } from '../support/key-folder.js';

const EXAMPLE = fileURLToPath(
  new URL('../../examples/key-manager-module/index.mjs', import.meta.url),
);

async function openExample() {
  const { nodes, administration } = await createModuleKeyManager(
    {
      name: 'example',
      type: 'module',
      module: EXAMPLE,
      options: {},
      secrets: { seed: new Secret(randomBytes(32).toString('base64')) },
    },
    { clock: systemClock, randomBytes, log: { info: ignore, warn: ignore, error: ignore } },
  );
  const [node] = nodes;
  invariant(node !== undefined, 'the example has a node');
  return { node, administration };
}

function ignore(): void {
  // What the example logs is of no interest here.
}

describe('the module key manager with the example', () => {
  it.each(keyManagerContract)('$title', async ({ run }) => {
    const { node, administration } = await openExample();
    await run({
      node,
      administration,
      deadline: longDeadline,
      async makeKey(usage) {
        const externalKeyId = `contract-${randomUUID()}`;
        await administration.createKey?.(externalKeyId, usage);
        return externalKeyId;
      },
    });
  });
});
