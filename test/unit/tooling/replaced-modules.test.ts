import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFile, repositoryPath } from '../../support/container-files.js';

const REPLACES = /\bvi\.(?:doMock|mock)\(/;

it('tests that replace a module → have their modules to themselves', () => {
  const files = readdirSync(repositoryPath('test/unit'), { recursive: true, encoding: 'utf8' })
    .map((name) => join('test/unit', name))
    .filter((name) => name.endsWith('.test.ts') && REPLACES.test(repositoryFile(name)));
  const configuration = repositoryFile('vitest.config.ts');
  expect(files).not.toEqual([]);
  for (const file of files) expect(configuration, file).toContain(`'${file}'`);
});
