import { describe, expect, it } from 'vitest';
import { KeyNames } from '../../../../src/key-managers/vault/key-names.js';

const both: ('ENCRYPT' | 'DECRYPT')[] = ['ENCRYPT', 'DECRYPT'];

describe('KeyNames', () => {
  const names = new KeyNames({
    transitKeyTemplate: 'xks-{externalKeyId}',
    keys: [
      { externalKeyId: 'payroll', transitKey: 'hr_2024', usage: both },
      { externalKeyId: '-archive.', transitKey: 'xks-archive', usage: ['DECRYPT'] },
      { externalKeyId: 'log', transitKey: undefined, usage: ['ENCRYPT'] },
    ],
  });

  it.each([
    ['by the template', 'orders', 'xks-orders'],
    ['by its own entry', 'payroll', 'hr_2024'],
    ['a name that Transit would not take, by its own entry', '-archive.', 'xks-archive'],
    ['an entry without a name, by the template', 'log', 'xks-log'],
  ])('%s → there and back', (_, externalKeyId, transitKey) => {
    expect(names.transitKeyOf(externalKeyId)).toBe(transitKey);
    expect(names.externalKeyIdOf(transitKey)).toBe(externalKeyId);
  });

  it('an id whose template name belongs to another → no key, so that none has two ids', () => {
    expect(names.transitKeyOf('archive')).toBeUndefined();
  });

  it.each(['orders-', 'orders.', '', 'a/b', 'a b'])(
    '%j, which Transit cannot name → no key',
    (id) => {
      expect(names.transitKeyOf(id)).toBeUndefined();
    },
  );

  it.each(['orders', 'xks-', 'xks-..', 'xks-payroll'])(
    'the Transit key %s → no external key',
    (key) => {
      expect(names.externalKeyIdOf(key)).toBeUndefined();
    },
  );

  it('usage → as configured, otherwise both', () => {
    expect(names.usageOf('orders')).toEqual(new Set(both));
    expect(names.usageOf('log')).toEqual(new Set(['ENCRYPT']));
  });

  it.each(['-a', '.a', 'a-', 'a.', '.', '..', '-'])('%j without a template → no key', (id) => {
    const plain = new KeyNames({ transitKeyTemplate: '{externalKeyId}', keys: [] });
    expect(plain.transitKeyOf(id)).toBeUndefined();
  });
});
