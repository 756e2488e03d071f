import { expect, it, vi } from 'vitest';
import { StateError } from '../../../src/state/errors.js';
import { deferred } from '../../support/deferred.js';
import { encryptBody } from '../../support/xks-requests.js';
import { errorNameOf, IN_STEP, incoming, makePipeline, PREFIX, SERVING } from './harness.js';

const ENCRYPT = `${PREFIX}/keys/key/encrypt`;

it('a copy of the state that is too old to serve by → InternalException, and no key is used', async () => {
  const standing = { ...IN_STEP, kind: 'stale', problems: ['the state is 7 days old'] } as const;
  const { handle, keyManager, records } = makePipeline({
    state: { ...SERVING, isServing: false, standing },
  });
  const encrypt = vi.spyOn(keyManager, 'encrypt');
  const answer = await handle(incoming(ENCRYPT, encryptBody()).call);
  expect(errorNameOf(answer)).toBe('InternalException');
  expect(records).toMatchObject([{ cause: 'stale-state' }]);
  expect(encrypt).not.toHaveBeenCalled();
});

it('the process was suspended → no key is used before the store has been asked', async () => {
  let hasReturned = true;
  const asked = deferred();
  const state = {
    ...SERVING,
    get hasReturned() {
      return hasReturned;
    },
    refresh: () => asked.promise,
  };
  const { handle, keyManager } = makePipeline({ state });
  const encrypt = vi.spyOn(keyManager, 'encrypt');
  const answer = handle(incoming(ENCRYPT, encryptBody()).call);
  await new Promise((resolve) => setImmediate(resolve));
  expect(encrypt).not.toHaveBeenCalled();
  hasReturned = false;
  asked.resolve(undefined);
  expect(await answer).toMatchObject({ status: 200 });
});

it('the process was suspended, and the store does not answer in time → InternalException', async () => {
  const state = {
    ...SERVING,
    hasReturned: true,
    refresh: () => Promise.reject(new StateError('unavailable', 'no answer in time')),
  };
  const { handle, keyManager } = makePipeline({ state });
  const encrypt = vi.spyOn(keyManager, 'encrypt');
  const answer = await handle(incoming(ENCRYPT, encryptBody()).call);
  expect(errorNameOf(answer)).toBe('InternalException');
  expect(encrypt).not.toHaveBeenCalled();
});
