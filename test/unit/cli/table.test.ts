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

  it('a cell with an escape sequence and a line end → spelled, on one line, still aligned', () => {
    const text = table(['ID', 'STATE'], [['a\u001b[2J\nb', 'enabled']]);
    expect(text.split('\n')).toEqual([
      'ID                 STATE',
      'a\\u001b[2J\\u000ab  enabled',
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

  it('a value with an escape sequence and a line end → spelled, on one line', () => {
    expect(record([['State', 'disabled: \u001b]0;x\u0007\nState: enabled']])).toBe(
      'State:  disabled: \\u001b]0;x\\u0007\\u000aState: enabled\n',
    );
  });
});
