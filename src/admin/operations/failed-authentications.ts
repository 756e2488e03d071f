import type { ShownFailedAuthentications } from '../contract/failed-authentications.js';
import type { InForce } from '../in-force.js';

/** Names of each kind that are listed. */
const MOST = 100;

/** Lists who failed authentication most, since the start of the process. */
export function listFailedAuthentications({
  facts: { failedAuthentications },
}: InForce): ShownFailedAuthentications {
  return failedAuthentications(MOST);
}
