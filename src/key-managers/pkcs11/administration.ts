import type { Clock } from '../../shared/clock.js';
import type { KeyAdministration } from '../backend.js';
import { onFirstNode } from '../nodes/first-node.js';
import { isNodeFailure } from '../nodes/node-failures.js';
import type { EncryptionCounts } from './encryption-counts.js';
import type { Pkcs11Token } from './pkcs11-token.js';
import { TokenAdministration } from './token-administration.js';
import { TokenImport } from './token-import.js';

/**
 * Returns the administration of the keys in these tokens. It changes keys only where there is one
 * token: a key created in one of several would be missing in the others. There the vendor's tools
 * do it, because they can copy keys.
 *
 * @param isVersioned whether a key can have more than one version
 */
export function administrationOf(
  tokens: readonly Pkcs11Token[],
  counts: EncryptionCounts | undefined,
  clock: Clock,
  isVersioned: boolean,
): KeyAdministration {
  const administrations = tokens.map((token) => new TokenAdministration(token, clock));
  const shared = {
    countsEncryptions: counts !== undefined,
    listKeys: () => onFirstNode(administrations, (each) => each.listKeys(), isNodeFailure),
    ...(counts === undefined ? {} : { adoptCounters: () => counts.adopt() }),
  };
  const [token, ...otherTokens] = tokens;
  const [only] = administrations;
  if (token === undefined || only === undefined || otherTokens.length > 0) return shared;
  const materialImport = new TokenImport(token, only, clock);
  return {
    ...shared,
    createKey: (externalKeyId, usage, origin = 'generated') =>
      only.createKey(externalKeyId, usage, origin),
    // Absent otherwise, so that no schedule is taken that would fail each time.
    ...(isVersioned && {
      rotateKey: (externalKeyId: string, from: number) => only.rotateKey(externalKeyId, from),
    }),
    destroyVersion: (externalKeyId, version) => only.destroy(externalKeyId, version),
    destroyKey: (externalKeyId) => only.destroy(externalKeyId),
    // Which ways there are is known when the token has been reached.
    get materialImport() {
      const isKnownToHaveNone = token.report !== undefined && materialImport.ways.length === 0;
      return isKnownToHaveNone ? undefined : materialImport;
    },
  };
}
