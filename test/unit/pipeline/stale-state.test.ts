import { expect, it, vi } from 'vitest';
import { encryptBody } from '../../support/xks-requests.js';
import { errorNameOf, IN_STEP, incoming, makePipeline, PREFIX } from './harness.js';

const ENCRYPT = `${PREFIX}/keys/key/encrypt`;

it('a copy of the state that is too old to serve by → InternalException, and no key is used', async () => {
  const standing = { ...IN_STEP, kind: 'stale', problems: ['the state is 7 days old'] } as const;
  const { handle, keyManager, records } = makePipeline({ state: { isServing: false, standing } });
  const encrypt = vi.spyOn(keyManager, 'encrypt');
  const answer = await handle(incoming(ENCRYPT, encryptBody()).call);
  expect(errorNameOf(answer)).toBe('InternalException');
  expect(records).toMatchObject([{ cause: 'stale-state' }]);
  expect(encrypt).not.toHaveBeenCalled();
});
