import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_REFUSED_SHARE, startHoldfast } from './holdfast.js';
import type { Target } from './target.js';

const POLICIES = 200;
const FILE = 'bench.cedar';

/** Holdfast whose key store has 200 policies, all of which are in question for every request. */
export const policed: Target = {
  name: `${POLICIES} policies`,
  maxRefusedShare: MAX_REFUSED_SHARE,
  start: () =>
    startHoldfast(`${POLICIES} policies`, {
      keyStore: { policies: { files: [FILE] } },
      prepare: (stateDirectory) => {
        writeFileSync(join(stateDirectory, FILE), policies());
      },
    }),
};

/** One permits what the workload asks for; the others read as much, and mean other services. */
function policies(): string {
  return Array.from({ length: POLICIES }, (_, index) => {
    const service = index === 0 ? 's3*' : `service-${index}*`;
    return `permit(principal, action, resource) when {
      principal has account && principal.account == "123456789012" &&
      context has kmsViaService && context.kmsViaService like "${service}"
    };`;
  }).join('\n');
}
