import { describe, expect, it } from 'vitest';
import { backendOf, backendsFor } from '../../../src/key-managers/backends.js';

const TYPES = ['file', 'sealed', 'pkcs11', 'vault', 'module'] as const;

describe('the list of backends', () => {
  it.each(TYPES)('%s → the definition whose schema takes that type', (type) => {
    const { error } = backendOf({ type }).schema.safeParse({ type });
    expect(error?.issues.map(({ path }) => path[0])).not.toContain('type');
  });

  it.each(['', 'hsm', 'toString', '__proto__', undefined, 1])(
    '%s, which no backend is called → every backend',
    (type) => {
      expect(backendsFor(type)).toHaveLength(TYPES.length);
    },
  );
});
