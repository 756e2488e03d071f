import { Linter } from 'eslint';
import { expect, it } from 'vitest';
import { docstringOpening } from '../../../scripts/lib/docstring-opening.mjs';

function complaintsOn(source: string): number {
  const plugins = { holdfast: { rules: { 'docstring-opening': docstringOpening } } };
  const rules = { 'holdfast/docstring-opening': 'error' } as const;
  return new Linter().verify(source, { plugins, rules }).length;
}

it.each(['What', 'Whether', 'How', 'Where', 'Who', 'Why', 'That', 'Which'])(
  'the docstring of an export begins with "%s" → refused',
  (word) => {
    expect(complaintsOn(`/** ${word} a key is for. */\nexport const a = 1;`)).toBe(1);
    expect(complaintsOn(`/**\n * ${word} a key is for.\n */\nexport function a() {}`)).toBe(1);
  },
);

it.each([
  '/** The use of a key. */\nexport const a = 1;',
  '/** Tells whether a key is damaged. */\nexport function a() {}',
  '/** Whatever a client sends. */\nexport const a = 1;',
  '// What this file is for.\nexport const a = 1;',
])('%j → accepted', (source) => {
  expect(complaintsOn(source)).toBe(0);
});
