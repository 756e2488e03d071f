import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/shared/secret.js';

describe('a secret', () => {
  const secret = new Secret('hunter2');
  it.each([
    ['a template string', String(secret)],
    ['JSON', JSON.stringify({ secret })],
    ['util.inspect', inspect({ secret }, { depth: 9, showHidden: true })],
    ['its own keys', JSON.stringify(Object.entries(secret))],
  ])('does not show in %s', (_title, text) => {
    expect(text).not.toContain('hunter2');
  });

  it('is given to who asks for it', () => {
    expect(secret.reveal()).toBe('hunter2');
  });
});
