import { AdminError } from '../../admin/admin-error.js';
import type { AdministeredReloads } from '../../admin/in-force.js';
import type { ReloadAnswer } from '../../admin/contract/reload.js';
import { formatPath } from '../../configuration/reading/problem.js';
import { reasonOf } from '../../shared/reason-of.js';
import type { Generations } from '../generation.js';
import type { ReloadPlan } from './plan.js';
import type { Reloader } from './reloader.js';

/** Makes the reloads that administrators ask for. */
export function administeredReloads(
  reloader: Pick<Reloader, 'preview' | 'reload'>,
  generations: Generations,
): AdministeredReloads {
  return {
    preview: () =>
      explained(async () => {
        const plan = await reloader.preview();
        const answer = answerOf(plan, generations.current.number);
        return { ...answer, refusals: [...plan.refusals] };
      }),
    reload: (choices) =>
      explained(async () => {
        const { plan, generation } = await reloader.reload('command', choices);
        return answerOf(plan, generation);
      }),
  };
}

/** Whatever stops a reload is a matter of the configuration or of what it names. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const before = 'Nothing has been changed, and the configuration before serves on.';
    const message = `${before}\n${reasonOf(cause)}`;
    throw new AdminError('invalid-configuration', message, { cause });
  }
}

function answerOf({ differences, waitsForRestart, next }: ReloadPlan, generation: number) {
  return {
    generation,
    differences: differences.map(({ path, change, before, after, how }) => ({
      ...{ path, change, before, after, how },
    })),
    warnings: next.warnings.map(({ path, message }) => `${formatPath(path)}: ${message}`),
    waitsForRestart: waitsForRestart.map(({ sentence }) => sentence),
  } satisfies ReloadAnswer;
}
