import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isReference,
  resolveReference,
} from '../../../../src/configuration/reading/secret-reference.js';
import { configurationFolder } from '../../../support/configuration-fixture.js';

function resolveFile(content: string | Buffer, mode = 0o600) {
  const baseDirectory = configurationFolder();
  writeFileSync(join(baseDirectory, 's'), content);
  chmodSync(join(baseDirectory, 's'), mode);
  return resolveReference('${file:s}', { env: {}, baseDirectory });
}

describe('isReference', () => {
  it.each([
    ['${env:A}', true],
    ['x${', true],
    ['$env:A', false],
    ['', false],
  ])('%j → %j', (text, expected) => {
    expect(isReference(text)).toBe(expected);
  });
});

describe('resolveReference', () => {
  const sources = { env: { SET: 'value', EMPTY: '' }, baseDirectory: '/nowhere' };

  it('an environment variable that is set → its value', () => {
    expect(resolveReference('${env:SET}', sources)).toEqual({ text: 'value' });
  });

  it.each([
    '${env:ABSENT}',
    '${env:EMPTY}',
    '${env:__proto__}',
    '${env:toString}',
    '${file:absent}',
    '${evn:SET}',
    '${env:}',
    '${env:SET',
    'x${env:SET}',
    '${env:SET} ',
    '${env:SET}${env:SET}',
    '${${env:SET}}',
  ])('%j → refused', (text) => {
    expect(resolveReference(text, sources)).toHaveProperty('allowed');
  });

  it.each([
    ['one line end', 'text\n', 'text'],
    ['one line end of Windows', 'text\r\n', 'text'],
    ['no line end', 'text', 'text'],
    ['the last of several', 'text\n\n', 'text\n'],
    ['no blanks', ' text \n', ' text '],
  ])('a file → without %s', (_, content, text) => {
    expect(resolveFile(content)).toEqual({ text });
  });

  it.each([
    ['an empty file', ''],
    ['a file of nothing but a line end', '\n'],
    ['a file that is no UTF-8', Buffer.from([0xff, 0xfe])],
    ['a file of more than 64 KiB', 'x'.repeat(65_537)],
  ])('%s → refused', (_, content) => {
    expect(resolveFile(content)).toHaveProperty('allowed');
  });

  it('a folder → refused', () => {
    const baseDirectory = configurationFolder();
    mkdirSync(join(baseDirectory, 's'));
    expect(resolveReference('${file:s}', { env: {}, baseDirectory })).toHaveProperty('allowed');
  });

  it.each([0o640, 0o604, 0o620, 0o644])('a file of mode %o → taken with a warning', (mode) => {
    expect(resolveFile('text', mode)).toMatchObject({
      text: 'text',
      warning: expect.stringContaining(mode.toString(8)),
    });
  });
});
