import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { newCedar } from '../../../src/authorization/cedar/cedar.js';

it('an instance that nobody uses any more → its memory is freed', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const made = new WeakRef(newCedar());
  await turn();
  collectGarbage();
  expect(made.deref()).toBeUndefined();
});
