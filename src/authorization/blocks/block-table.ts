import type { Block } from './block.js';

/** The blocks that are in force, as requests ask for them: in memory, never waiting. */
export interface BlockTable {
  /** True while nothing at all is blocked. */
  readonly isEmpty: boolean;
  /** The block of a key or an alias, whatever the case of its id. */
  ofKey(keyManager: string, externalKeyId: string): Block | undefined;
  ofKeyStore(keyStore: string): Block | undefined;
  /** The block of a caller, by its ARN or the name of its service. */
  ofPrincipal(principal: string): Block | undefined;
}
