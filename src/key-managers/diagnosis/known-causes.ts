import { backends } from '../backends.js';
import type { Explanation } from './finding.js';

const NODE_OUT =
  'Requests go to the other nodes. Where there is none they fail, and KMS callers see ' +
  'KMSInvalidStateException.';

/** The first that fits counts. */
const KNOWN_CAUSES = backends.flatMap(({ knownCauses }) => knownCauses);

/** Explains a failure whose words say what it is. */
export function knownCause(message: string): Explanation | undefined {
  const advice = KNOWN_CAUSES.find(([pattern]) => pattern.test(message))?.[1];
  return advice === undefined ? undefined : { meaning: NODE_OUT, advice };
}
