// A key manager of your own: copy this folder and replace what is marked "yours".
//
// This one derives every key from one seed, so that all replicas have the same keys and nothing
// has to be stored. It shows the interface; it is no place for real keys, because whoever has the
// seed has all of them, nothing counts encryptions, and a key cannot be deleted.
import { Buffer } from 'node:buffer';
import { hkdfSync } from 'node:crypto';
import { SeedNode } from './seed-node.mjs';

const SEED_BYTES = 32;

/**
 * Called once, when Holdfast starts; what it throws keeps Holdfast from starting.
 *
 * @type {import('holdfast/key-managers').CreateKeyManager}
 */
export async function createKeyManager(options, ports) {
  const { name, secrets, KeyManagerError } = ports;
  const { location = 'local' } = options;
  if (typeof location !== 'string') {
    throw new KeyManagerError('misconfigured', `${name}: options.location is no text`);
  }
  const seed = Buffer.from(secrets['seed']?.reveal() ?? '', 'base64');
  if (seed.length !== SEED_BYTES) {
    throw new KeyManagerError('misconfigured', `${name}: secrets.seed is not 32 bytes of base64`);
  }

  /** @param {string} purpose @param {number} bytes */
  const derive = (purpose, bytes) => Buffer.from(hkdfSync('sha256', seed, '', purpose, bytes));

  const node = new SeedNode({ name, location, derive, ports });
  // A method of `administration` is a capability: what is left out, Holdfast does not offer.
  return { nodes: [node], administration: { createKey: (id, usage) => node.createKey(id, usage) } };
}
