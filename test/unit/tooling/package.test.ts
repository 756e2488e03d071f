import { expect, it } from 'vitest';
import { z } from 'zod';
import { repositoryFile } from '../../support/container-files.js';

const names = z.record(z.string(), z.string()).transform((packages) => Object.keys(packages));

it('what production depends on → is in the package', () => {
  const { bundleDependencies, dependencies, optionalDependencies } = z
    .object({
      bundleDependencies: z.array(z.string()),
      dependencies: names,
      optionalDependencies: names,
    })
    .parse(JSON.parse(repositoryFile('package.json')));
  expect(bundleDependencies).toEqual([...dependencies, ...optionalDependencies].sort());
});
