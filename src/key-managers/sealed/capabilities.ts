import type { Capabilities } from '../capabilities.js';

/** The acts on keys that sealed keys can do. */
export const CAPABILITIES: Capabilities = {
  create: { can: true },
  rotate: { can: true },
  disable: {
    can: false,
    instead: 'Disable the key in Holdfast, which alone uses it: `holdfast keys disable`.',
  },
  import: { can: true },
  'import-again': { can: true },
  'import-further': { can: true, limits: 'For a key that was made for imported material.' },
  'destroy-version': { can: true },
  'destroy-key': { can: true },
};
