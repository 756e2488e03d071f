import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFile, repositoryPath } from '../../support/container-files.js';

const pages = ['.', 'docs', 'docs/adr', 'certs', 'examples/key-manager-module'].flatMap((folder) =>
  readdirSync(repositoryPath(folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

/** Reads the text of a page, without its code. */
const textOf = (page: string) => repositoryFile(page).replaceAll(/^( *)```.*?^\1```$/gms, '');

/** Lists the anchors of a page, as GitHub names them. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(pages)('%s → links to files and sections that are there', (page) => {
  const broken = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(repositoryPath(file))) return true;
      return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor);
    });
  expect(broken).toEqual([]);
});

it('README.md → names every page', () => {
  const readme = repositoryFile('README.md');
  const missing = pages.filter(
    (page) => /^docs\/[^/]+$/.test(page) && !readme.includes(`(${page}`),
  );
  expect(missing).toEqual([]);
});
