// The suite that every key manager of Holdfast passes, run on yours: node --test
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createModuleKeyManager,
  Deadline,
  keyManagerContract,
  Secret,
  systemClock,
} from 'holdfast/key-managers';

// Yours: what the configuration would say.
const config = {
  name: 'mine',
  type: /** @type {const} */ ('module'),
  module: fileURLToPath(new URL('index.mjs', import.meta.url)),
  options: { location: 'here' },
  secrets: { seed: new Secret(randomBytes(32).toString('base64')) },
};

describe('my key manager', () => {
  /** @type {import('holdfast/key-managers').ModuleKeyManager} */
  let keyManager;

  before(async () => {
    // As the server loads it, so that the shape of what is made is checked too.
    keyManager = await createModuleKeyManager(config, {
      clock: systemClock,
      randomBytes,
      log: console,
    });
  });

  after(async () => {
    await Promise.all(keyManager.nodes.map((node) => node.close()));
  });

  for (const { title, run } of keyManagerContract) {
    it(title, async () => {
      for (const node of keyManager.nodes) {
        const { administration } = keyManager;
        const deadline = () => Deadline.after(systemClock, 10_000);
        await run({ node, administration, deadline, makeKey });
      }
    });
  }

  /**
   * Yours, where your key manager cannot make keys: the id of a key of this usage, prepared, and
   * another one at every call.
   *
   * @param {ReadonlySet<import('holdfast/key-managers').KeyUsage>} usage
   */
  async function makeKey(usage) {
    const externalKeyId = `contract-${randomUUID()}`;
    await keyManager.administration.createKey?.(externalKeyId, usage);
    return externalKeyId;
  }
});
