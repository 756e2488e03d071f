import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keptCheckpoints } from '../../../src/cli/kept-checkpoints.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

it('--checkpoint with files that can be read → these files', async () => {
  const file = join(temporaryFolder(), 'checkpoints');
  writeFileSync(file, '');
  expect(await keptCheckpoints([file])).toEqual([file]);
  expect(await keptCheckpoints(undefined)).toEqual([]);
});

it('--checkpoint with a file that is not there → a usage error that names the option and the file', async () => {
  const folder = temporaryFolder();
  const missing = join(folder, 'missing');
  await expect(keptCheckpoints([missing])).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`--checkpoint ${missing} cannot be read: ENOENT`) as unknown,
  });
});

it('--checkpoint with a folder → a usage error that asks for the files in it', async () => {
  const folder = temporaryFolder();
  await expect(keptCheckpoints([folder])).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`--checkpoint ${folder} is a folder`) as unknown,
  });
});
