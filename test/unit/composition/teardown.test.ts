import { describe, expect, it } from 'vitest';
import { Teardown } from '../../../src/composition/teardown.js';

describe('a teardown', () => {
  it('stops the latest first, with the delay, and each once', async () => {
    const stopped: string[] = [];
    const teardown = new Teardown();
    for (const name of ['first', 'second']) {
      teardown.add((drainDelayMs) =>
        Promise.resolve(void stopped.push(`${name} ${String(drainDelayMs)}`)),
      );
    }
    await teardown.run(7);
    await teardown.run(7);
    expect(stopped).toEqual(['second 7', 'first 7']);
  });

  it('goes on after a failure, and throws all of them at the end', async () => {
    const stopped: string[] = [];
    const teardown = new Teardown();
    teardown.add(() => Promise.resolve(void stopped.push('first')));
    teardown.add(() => Promise.reject(new Error('second')));
    teardown.add(() => Promise.reject(new Error('third')));
    await expect(teardown.run(0)).rejects.toThrow('third; second');
    expect(stopped).toEqual(['first']);
  });
});
