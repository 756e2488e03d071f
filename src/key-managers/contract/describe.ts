import assert from 'node:assert/strict';
import type { KeyUsage } from '../backend.js';
import {
  type ContractCase,
  currentKey,
  ENCRYPT_AND_DECRYPT,
  rejectsWith,
} from './contract-case.js';

const usages: readonly (readonly KeyUsage[])[] = [
  ['ENCRYPT', 'DECRYPT'],
  ['ENCRYPT'],
  ['DECRYPT'],
  [],
];

/** The cases of describeKey. */
export const describeCases: readonly ContractCase[] = [
  ...usages.map(
    (usage) =>
      ({
        title: `a key for ${usage.join(' and ') || 'nothing'} → described as such, enabled`,
        async run(harness) {
          const externalKeyId = await harness.makeKey(new Set(usage));
          const description = await harness.node.describeKey(externalKeyId, harness.deadline());
          assert.equal(description.externalKeyId, externalKeyId);
          assert.deepEqual(new Set(description.usage), new Set(usage));
          assert.equal(description.enabled, true);
        },
      }) satisfies ContractCase,
  ),
  {
    title: 'the current version → one of the versions, with a name of 8 bytes',
    async run(harness) {
      const externalKeyId = await harness.makeKey(ENCRYPT_AND_DECRYPT);
      const { current, versions } = await harness.node.describeKey(
        externalKeyId,
        harness.deadline(),
      );
      assert(current !== undefined);
      assert(current.version >= 1 && current.version < 2 ** 32);
      assert.equal(current.materialName.length, 8);
      assert.deepEqual(versions.get(current.version), current);
    },
  },
  {
    title: 'two keys → two names of material',
    async run(harness) {
      const one = await currentKey(harness);
      const other = await currentKey(harness);
      assert(!one.version.materialName.equals(other.version.materialName));
    },
  },
  {
    title: 'an unknown external key id → key-not-found, and no key is made of it',
    async run({ node, deadline }) {
      await rejectsWith(
        () => node.describeKey('contract-no-such-key', deadline()),
        'key-not-found',
      );
      await rejectsWith(
        () => node.describeKey('contract-no-such-key', deadline()),
        'key-not-found',
      );
    },
  },
];
