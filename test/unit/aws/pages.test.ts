import { expect, it } from 'vitest';
import { listKeyStores } from '../../../src/aws/key-store.js';
import { keyStoreNamed, startScriptedKms } from '../../support/scripted-kms.js';

it('a list of three pages → what is on each, asked for with the marker before it', async () => {
  const page = (name: string, NextMarker?: string) => ({
    CustomKeyStores: [keyStoreNamed(name)],
    NextMarker,
  });
  const pages = [page('first', 'one'), page('second', 'two'), page('third')];
  const { kms, calls } = await startScriptedKms(() => pages.shift() ?? {});
  const names = (await listKeyStores(kms)).map(({ CustomKeyStoreName }) => CustomKeyStoreName);
  expect(names).toEqual(['first', 'second', 'third']);
  const asked = calls.map(({ input }) => input);
  expect(asked).toEqual([{}, { Marker: 'one' }, { Marker: 'two' }]);
});
