import { describe, expect, it } from 'vitest';
import { record, table } from '../../../src/cli/table.js';

describe('table', () => {
  it('cells of different lengths → aligned columns without trailing blanks', () => {
    const text = table(
      ['ID', 'STATE', 'AT'],
      [
        ['payroll', 'enabled', 'x'],
        ['hr', 'disabled', ''],
      ],
    );
    expect(text.split('\n')).toEqual([
      'ID       STATE     AT',
      'payroll  enabled   x',
      'hr       disabled',
      '',
    ]);
  });

  it('no rows → the header', () => {
    expect(table(['ID', 'STATE'], [])).toBe('ID  STATE\n');
  });
});

describe('record', () => {
  it('names of different lengths → aligned values', () => {
    expect(
      record([
        ['Key', 'payroll'],
        ['Usage', 'NONE'],
      ]),
    ).toBe('Key:    payroll\nUsage:  NONE\n');
  });
});
