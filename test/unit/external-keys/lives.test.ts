import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIVING_KINDS, livingKeysOfALife } from '../../support/lives/life-key-managers.js';
import { livesTimeout, runLives } from '../../support/lives/run-lives.js';

const LIVES = { lives: 15, moments: 120, shrinks: true };

beforeEach(() => {
  // Copies of the state would follow it by themselves, and no life could be lived again.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('random lives of keys on two replicas', () => {
  it.each(Object.keys(LIVING_KINDS) as (keyof typeof LIVING_KINDS)[])(
    'a key manager that %s → no ciphertext is lost, and none opens once destroyed',
    { timeout: livesTimeout(LIVES) },
    async (kind) => {
      const { lives, faults, kept } = await runLives(() => livingKeysOfALife(kind), LIVES);
      // Otherwise nothing has happened in these lives.
      expect(faults).toBeGreaterThan(lives / 4);
      expect(kept).toBeGreaterThan(lives);
    },
  );
});
