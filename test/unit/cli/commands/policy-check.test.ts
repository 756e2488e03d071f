import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../../../src/cli/run.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const ROLE = 'arn:aws:iam::111122223333:role/team/app';
const PERMIT = '@id("app") permit(principal, action, resource);\n';

/** A folder with files of policies. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(afterAll);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function check(...args: readonly string[]) {
  const terminal = new CapturedTerminal();
  const code = await run(['policy', 'check', ...args], terminal);
  const { stdout, stderr } = terminal;
  return { code, stdout, stderr };
}

describe('holdfast policy check', () => {
  it.each([
    ['valid ones', { 'a.cedar': PERMIT, 'b.cedar': PERMIT.replace('app', 'other') }, 0],
    ['one @id twice', { 'a.cedar': PERMIT, 'b.cedar': PERMIT }, 1],
    ['a file without policies', { 'a.cedar': PERMIT, 'b.cedar': '// none\n' }, 0],
    ['a mistake in two files', { 'a.cedar': 'permit(', 'b.cedar': 'forbid(' }, 1],
    [
      'one that is meant otherwise',
      {
        'a.cedar': PERMIT,
        'b.cedar': `permit(principal in Principal::"${ROLE}", action, resource);\n`,
      },
      0,
    ],
  ])('%s: the folder and its files by name → the same', async (_, files, code) => {
    const folder = folderOf(files);
    const paths = Object.keys(files).map((name) => join(folder, name));
    const byFolder = await check(folder);
    expect(byFolder).toMatchObject({ code });
    expect(await check(...paths)).toEqual(byFolder);
  });

  it('all that is in the folder, a file of cases among it → what is in the folder', async () => {
    const cases = 'policies: { files: [a.cedar] }\ncases: []\n';
    const folder = folderOf({ 'a.cedar': PERMIT, 'a.test.yaml': cases });
    const all = ['a.cedar', 'a.test.yaml'].map((name) => join(folder, name));
    expect(await check(...all)).toEqual(await check(folder));
  });

  it('one policy → counted as one', async () => {
    expect(await check(folderOf({ 'a.cedar': PERMIT }))).toMatchObject({
      stdout: '1 policy: ok\n',
    });
  });

  it('files of two folders → a set each, which may have the same @id', async () => {
    const paths = [1, 2].map(() => join(folderOf({ 'a.cedar': PERMIT }), 'a.cedar'));
    expect(await check(...paths)).toMatchObject({ code: 0, stdout: '2 policies: ok\n' });
  });
});
