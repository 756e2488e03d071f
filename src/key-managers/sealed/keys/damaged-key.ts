import type { KeyDescription } from '../../backend.js';

/** A document that is left as it is, and whose key is disabled. */
export interface DamagedKey {
  /** The document's name in its place. */
  readonly documentName: string;
  /** As far as it can be told: in lower case where only the document's name tells it. */
  readonly externalKeyId: string;
  /** The problem, in words for an operator. */
  readonly problem: string;
}

/** A damaged key as all see it: there, and disabled. */
export function damagedDescription(externalKeyId: string): KeyDescription {
  return {
    externalKeyId,
    usage: new Set(),
    enabled: false,
    current: undefined,
    versions: new Map(),
  };
}
