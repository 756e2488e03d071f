import { describe, expect, it } from 'vitest';
import { type AdminClient, RefusedError } from '../../../src/cli/admin-client.js';
import { RotatingCredentials } from '../../../src/cli/rotating-credentials.js';

/** A server that answers attempts to remove a credential, one after the other. */
function removing(answers: readonly (Error | undefined)[]) {
  const left = [...answers];
  const call = () => {
    const answer = left.shift();
    return answer === undefined ? Promise.resolve({}) : Promise.reject(answer);
  };
  const credentials = new RotatingCredentials({ call } as unknown as AdminClient, 'payroll');
  const told: string[] = [];
  const timing = { timeoutMs: 60_000, pollMs: 1, tell: (sentence: string) => told.push(sentence) };
  return { told, removed: credentials.remove('OLD', false, timing) };
}

const inUse = (until: string) => new RefusedError('in-use', `In use until ${until}.`);

describe('the removal of a credential that is in use', () => {
  it('→ says what it waits for, and again only when that changes', async () => {
    const answers = [inUse('10:12Z'), inUse('10:12Z'), inUse('10:13Z'), undefined];
    const { told, removed } = removing(answers);
    await removed;
    expect(told).toEqual([
      'Waiting to remove OLD. In use until 10:12Z.',
      'Waiting to remove OLD. In use until 10:13Z.',
    ]);
  });

  it('another refusal → said at once, without a wait', async () => {
    const { told, removed } = removing([new RefusedError('not-found', 'There is none.')]);
    await expect(removed).rejects.toThrow('There is none.');
    expect(told).toEqual([]);
  });
});
