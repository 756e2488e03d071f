import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { PolicySource } from '../policy-source.js';
import { newCedar } from './cedar.js';
import { type CheckedPolicies, checkPolicies, type PolicyProblem } from './check-policies.js';

const PROGRAM = new URL('./check-worker.js', import.meta.url);
/** Half of what the main thread has: what does not trap here has room there. */
const STACK_MB = 0.5;
/** Cedar alone takes some 20 MB. */
const LIMITS = { stackSizeMb: STACK_MB, maxOldGenerationSizeMb: 256 };

/**
 * Checks the policies of several key stores in a thread of its own, so that nobody waits for it,
 * and that nothing of what a policy can do to the parser happens where requests are served. The
 * program that is run from its sources has no file for another thread, and checks in its own.
 *
 * @param program of the thread
 */
export async function checkInThread(
  sources: readonly PolicySource[],
  program: URL = PROGRAM,
): Promise<readonly CheckedPolicies[]> {
  if (sources.length === 0) return [];
  if (!existsSync(fileURLToPath(program))) {
    const cedar = newCedar();
    return sources.map((source) => checkPolicies(cedar, source));
  }
  // One thread each: one that has trapped is of no use to the next.
  return Promise.all(sources.map((source) => checkOne(source, program)));
}

async function checkOne(source: PolicySource, program: URL): Promise<CheckedPolicies> {
  const worker = new Worker(program, { workerData: source, resourceLimits: LIMITS });
  try {
    return await new Promise<CheckedPolicies>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        reject(new Error('the thread has ended'));
      });
    });
  } catch (error) {
    return { layers: [], problems: [trapped(source, error)] };
  } finally {
    await worker.terminate();
  }
}

function trapped({ files }: PolicySource, error: unknown): PolicyProblem {
  return {
    file: files[0]?.path ?? '',
    line: 1,
    column: 1,
    found: `policies at which Cedar gives up (${error instanceof Error ? error.message : 'trap'})`,
    allowed: 'conditions that are nested less deeply, in this file or in another one of the set',
  };
}
