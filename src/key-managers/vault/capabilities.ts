import type { Capabilities } from '../capabilities.js';

/** The acts on keys that keys of the Transit engine can do. */
export const CAPABILITIES: Capabilities = {
  create: { can: true },
  rotate: { can: true },
  disable: { can: true, limits: 'OpenBao alone, by its soft delete; Vault has none.' },
  import: {
    can: true,
    limits:
      'RSA_AES_KEY_WRAP_SHA_256 with RSA_4096 alone, under the one wrapping key of the mount.',
  },
  'import-again': {
    can: false,
    instead: 'Import the material as a new key, and move its alias to that.',
  },
  'import-further': { can: true, limits: 'For a key that was imported into Transit.' },
  'destroy-version': {
    can: true,
    limits: 'The oldest version alone, and never the one that encrypts.',
    oldestFirst: true,
  },
  'destroy-key': { can: true },
};
