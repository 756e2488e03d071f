import assert from 'node:assert/strict';
import type { KeyManagerNode, KeyRef } from '../backend.js';
import {
  type ContractCase,
  type ContractHarness,
  ENCRYPT_AND_DECRYPT,
  type OthersAtWork,
  rejectsWith,
} from './contract-case.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.from('what it belongs to');

/** Changes by others that the node must not deny for what it remembers. */
export const changeCases: readonly ContractCase[] = [
  {
    title: 'a version that others have just made → opens at once what another node made under it',
    run: withOthers(async (harness, others) => {
      const { node, deadline } = harness;
      const externalKeyId = await rememberedKey(harness, others);
      await others.addVersion(externalKeyId);
      const newest = await newestRef(others.node, externalKeyId, harness);
      const sealed = await others.node.encrypt(newest, PLAINTEXT, AAD, deadline());
      assert.deepEqual(await node.decrypt(newest, sealed, AAD, deadline()), PLAINTEXT);
    }),
  },
  {
    title: 'a version that others have just made → described anew at once, and encrypts',
    run: withOthers(async (harness, others) => {
      const { node, deadline } = harness;
      const externalKeyId = await rememberedKey(harness, others);
      await others.addVersion(externalKeyId);
      const newest = await newestRef(node, externalKeyId, harness);
      assert(newest.version.version > 1);
      const sealed = await node.encrypt(newest, PLAINTEXT, AAD, deadline());
      assert.deepEqual(await others.node.decrypt(newest, sealed, AAD, deadline()), PLAINTEXT);
    }),
  },
  {
    title: 'a version that others have shut off → refused; let in again → opens at once',
    run: withOthers(async (harness, others) => {
      const { node, deadline } = harness;
      if (others.shutOffOldVersions === undefined) return;
      const externalKeyId = await rememberedKey(harness, others);
      const { current } = await node.describeKey(externalKeyId, deadline());
      assert(current !== undefined);
      const old = { externalKeyId, version: current };
      const sealed = await node.encrypt(old, PLAINTEXT, AAD, deadline());
      await others.addVersion(externalKeyId);
      await others.shutOffOldVersions(externalKeyId, true);
      await rejectsWith(() => node.decrypt(old, sealed, AAD, deadline()), 'version-not-found');
      await describeAnew(node, externalKeyId, harness);
      await others.shutOffOldVersions(externalKeyId, false);
      assert.deepEqual(await node.decrypt(old, sealed, AAD, deadline()), PLAINTEXT);
    }),
  },
  {
    title: 'a key that others have disabled → described anew as such; enabled → encrypts at once',
    run: withOthers(async (harness, others) => {
      const { node, deadline } = harness;
      if (others.setEnabled === undefined) return;
      const externalKeyId = await rememberedKey(harness, others);
      const ref = await newestRef(node, externalKeyId, harness);
      await others.setEnabled(externalKeyId, false);
      assert.equal((await describeAnew(node, externalKeyId, harness)).enabled, false);
      await others.setEnabled(externalKeyId, true);
      await node.encrypt(ref, PLAINTEXT, AAD, deadline());
    }),
  },
  {
    title: 'a key that was not there and that others have made since → found at once',
    run: withOthers(async (harness, others) => {
      const { node, deadline } = harness;
      const externalKeyId = others.freeId();
      await rejectsWith(() => node.describeKey(externalKeyId, deadline()), 'key-not-found');
      await others.makeKey(externalKeyId);
      const { enabled } = await node.describeKey(externalKeyId, deadline());
      assert.equal(enabled, true);
    }),
  },
  {
    title: 'a key that others have destroyed → described anew as not there',
    run: withOthers(async (harness, others) => {
      const externalKeyId = await rememberedKey(harness, others);
      await others.destroyKey(externalKeyId);
      await rejectsWith(() => describeAnew(harness.node, externalKeyId, harness), 'key-not-found');
    }),
  },
];

/** Passes where nobody but the node can change keys. */
function withOthers(
  run: (harness: ContractHarness, others: OthersAtWork) => Promise<void>,
): ContractCase['run'] {
  return async (harness) => {
    if (harness.others !== undefined) await run(harness, harness.others);
  };
}

/** A key that both nodes have looked at. */
async function rememberedKey(harness: ContractHarness, { node }: OthersAtWork): Promise<string> {
  const externalKeyId = await harness.makeKey(ENCRYPT_AND_DECRYPT);
  for (const each of [harness.node, node])
    await each.describeKey(externalKeyId, harness.deadline());
  return externalKeyId;
}

async function describeAnew(
  node: KeyManagerNode,
  externalKeyId: string,
  { deadline }: ContractHarness,
) {
  assert(node.describeKeyAnew !== undefined, 'keys that others can change can be described anew');
  return node.describeKeyAnew(externalKeyId, deadline());
}

async function newestRef(
  node: KeyManagerNode,
  externalKeyId: string,
  harness: ContractHarness,
): Promise<KeyRef> {
  const { versions } = await describeAnew(node, externalKeyId, harness);
  const version = versions.get(Math.max(...versions.keys()));
  assert(version !== undefined, 'the key has a version');
  return { externalKeyId, version };
}
