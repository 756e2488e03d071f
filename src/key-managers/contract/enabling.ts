import assert from 'node:assert/strict';
import {
  type ContractCase,
  currentKey,
  describedNow,
  isSupported,
  rejectsWith,
  withAct,
} from './contract-case.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.from('what it belongs to');

/** The cases of setKeyEnabled. */
export const enablingCases: readonly ContractCase[] = [
  {
    title: 'a key that is disabled, and once more → disabled; enabled, and once more → opens',
    run: withAct('setKeyEnabled', async (harness, setKeyEnabled) => {
      const { node, deadline } = harness;
      const ref = await currentKey(harness);
      const { externalKeyId } = ref;
      const sealed = await node.encrypt(ref, PLAINTEXT, AAD, deadline());
      if (!(await isSupported(() => setKeyEnabled(externalKeyId, false)))) return;
      assert.equal((await setKeyEnabled(externalKeyId, false)).description.enabled, false);
      assert.equal((await describedNow(harness, externalKeyId)).enabled, false);
      await rejectsWith(() => node.encrypt(ref, PLAINTEXT, AAD, deadline()), 'key-disabled');
      await rejectsWith(() => node.decrypt(ref, sealed, AAD, deadline()), 'key-disabled');
      await setKeyEnabled(externalKeyId, true);
      assert.equal((await setKeyEnabled(externalKeyId, true)).description.enabled, true);
      assert.deepEqual(await node.decrypt(ref, sealed, AAD, deadline()), PLAINTEXT);
      assert.deepEqual((await describedNow(harness, externalKeyId)).current, ref.version);
    }),
  },
  {
    title: 'a key that is not there, disabled or enabled → key-not-found, and no key is made',
    run: withAct('setKeyEnabled', async (harness, setKeyEnabled) => {
      const externalKeyId = 'contract-no-such-key';
      for (const enabled of [false, true]) {
        await rejectsWith(() => setKeyEnabled(externalKeyId, enabled), 'key-not-found');
      }
      await rejectsWith(() => describedNow(harness, externalKeyId), 'key-not-found');
    }),
  },
];
