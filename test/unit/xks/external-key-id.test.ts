import { describe, expect, it } from 'vitest';
import { isExternalKeyId } from '../../../src/xks/external-key-id.js';

describe('isExternalKeyId', () => {
  it.each(['a', 'Payroll-2026_v1.0', '-', '_', '...', '.a', '__proto__', 'k'.repeat(128)])(
    '%j → true',
    (id) => {
      expect(isExternalKeyId(id)).toBe(true);
    },
  );

  it.each(['', '.', '..', 'a b', 'a/b', 'a%2fb', 'a*', 'é', 'a\n', 'k'.repeat(129)])(
    '%j → false',
    (id) => {
      expect(isExternalKeyId(id)).toBe(false);
    },
  );
});
