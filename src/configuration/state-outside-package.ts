import { resolve } from 'node:path';
import type { ConfigurationProblem } from './reading/problem.js';
import { isInPackage } from './package-folder.js';
import { writtenFields } from './written-fields.js';

/**
 * Finds what is to be written below the installed package, where npm removes it with the next
 * version.
 *
 * @param value with references resolved
 * @param stateDirectory where relative paths start
 */
export function findStateInPackage(value: unknown, stateDirectory: string): ConfigurationProblem[] {
  const problems = writtenFields(value).flatMap(
    ({ path, value: written }): ConfigurationProblem[] => {
      if (typeof written !== 'string' || written === '') return [];
      const folder = resolve(stateDirectory, written);
      if (!isInPackage(folder)) return [];
      const found = `${folder}, in the installed package, which npm replaces with all that is in it`;
      return [{ path, found, allowed: 'a folder of yours, such as /var/lib/holdfast' }];
    },
  );
  // What lies below a misplaced state directory is no second mistake.
  return isInPackage(stateDirectory) ? problems.slice(0, 1) : problems;
}
