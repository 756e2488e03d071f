import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  type ContractCase,
  currentKey,
  describedNow,
  rejectsWith,
  untilCurrent,
  withAct,
} from './contract-case.js';

const AAD = Buffer.from('what it belongs to');

/** The cases of rotateKey. */
export const rotationCases: readonly ContractCase[] = [
  {
    title: 'a key that is rotated → encrypts with a newer version, and the old one opens',
    run: withAct('rotateKey', async (harness, rotateKey) => {
      const { node, deadline } = harness;
      const old = await currentKey(harness);
      const { externalKeyId } = old;
      const plaintext = randomBytes(32);
      const sealed = await node.encrypt(old, plaintext, AAD, deadline());
      const { description } = await rotateKey(externalKeyId, old.version.version);
      assert.equal(description.externalKeyId, externalKeyId);
      const isNewer = (version: number) => version > old.version.version;
      const newest = await untilCurrent(harness, externalKeyId, isNewer);
      assert(!newest.version.materialName.equals(old.version.materialName));
      const resealed = await node.encrypt(newest, plaintext, AAD, deadline());
      assert.deepEqual(await node.decrypt(newest, resealed, AAD, deadline()), plaintext);
      assert.deepEqual(await node.decrypt(old, sealed, AAD, deadline()), plaintext);
    }),
  },
  {
    title: 'a rotation that is asked for again from the same version → done once',
    run: withAct('rotateKey', async (harness, rotateKey) => {
      const { externalKeyId, version } = await currentKey(harness);
      await rotateKey(externalKeyId, version.version);
      await untilCurrent(harness, externalKeyId, (current) => current > version.version);
      const once = await describedNow(harness, externalKeyId);
      await rotateKey(externalKeyId, version.version);
      const twice = await describedNow(harness, externalKeyId);
      assert.deepEqual([...twice.versions.keys()], [...once.versions.keys()]);
      assert.deepEqual(twice.current, once.current);
    }),
  },
  {
    title: 'a rotation from a version that is not there yet → conflict, and none is made',
    run: withAct('rotateKey', async (harness, rotateKey) => {
      const { externalKeyId, version } = await currentKey(harness);
      const from = version.version + 1;
      await rejectsWith(() => rotateKey(externalKeyId, from), 'conflict');
      await rejectsWith(() => rotateKey(externalKeyId, from), 'conflict');
      const { current, versions } = await describedNow(harness, externalKeyId);
      assert.deepEqual(current, version);
      assert.equal(versions.size, 1);
    }),
  },
  {
    title: 'a rotation of a key that is not there → key-not-found, and no key is made',
    run: withAct('rotateKey', async (harness, rotateKey) => {
      const externalKeyId = 'contract-no-such-key';
      await rejectsWith(() => rotateKey(externalKeyId, 1), 'key-not-found');
      await rejectsWith(() => describedNow(harness, externalKeyId), 'key-not-found');
    }),
  },
];
