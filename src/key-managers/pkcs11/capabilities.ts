import type { Capabilities } from '../capabilities.js';

const ONE_TOKEN = "With a single token; in several, do it with the vendor's tools, which can copy";

/** The acts on keys that keys in a token can do. */
export const CAPABILITIES: Capabilities = {
  create: { can: true, limits: `${ONE_TOKEN} keys.` },
  rotate: {
    can: true,
    limits: `${ONE_TOKEN} keys. Only where \`keyLabel\` or \`keyId\` has \`{version}\`; elsewhere make another key and move the alias to it.`,
  },
  disable: { can: false, instead: 'Disable the key in Holdfast, or its usage in the token.' },
  import: {
    can: true,
    limits:
      'With a single token that unwraps RSA-OAEP with SHA-256: NSS does, SoftHSM 2.6.1 does not. ' +
      "Elsewhere, import with the vendor's tools and let Holdfast find the key.",
  },
  'import-again': { can: true, limits: 'As for a first import.' },
  'import-further': {
    can: true,
    limits: 'As for a first import, and only where `keyLabel` or `keyId` has `{version}`.',
  },
  'destroy-version': { can: true, limits: `${ONE_TOKEN} and destroy keys.` },
  'destroy-key': { can: true, limits: `${ONE_TOKEN} and destroy keys.` },
};
