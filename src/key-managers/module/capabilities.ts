import type { Capabilities, Capability } from '../capabilities.js';

/** A module's author says which method an act needs. */
function withMethod(method: string): Capability {
  return {
    can: true,
    limits: `If the module has \`${method}\`; otherwise use the tools of its key manager.`,
  };
}

/** The acts on keys that keys behind a module can do. */
export const CAPABILITIES: Capabilities = {
  create: withMethod('createKey'),
  rotate: withMethod('rotateKey'),
  disable: withMethod('setKeyEnabled'),
  import: withMethod('materialImport'),
  'import-again': withMethod('materialImport'),
  'import-further': withMethod('materialImport'),
  'destroy-version': withMethod('destroyVersion'),
  'destroy-key': withMethod('destroyKey'),
};
