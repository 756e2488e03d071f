import assert from 'node:assert/strict';
import type { KeyAdministration, KeyRef, Sealed } from '../backend.js';
import {
  assertCode,
  type ContractCase,
  type ContractHarness,
  currentKey,
  describedNow,
  isSupported,
  rejectsWith,
  untilCurrent,
  withAct,
} from './contract-case.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.from('what it belongs to');

/** The cases of destroyVersion and destroyKey. */
export const destructionCases: readonly ContractCase[] = [
  {
    title: 'the oldest version, destroyed, and once more → opens nothing; the newest one does',
    run: withTwoVersions(async (harness, { oldest, newest }, destroyVersion) => {
      const { node, deadline } = harness;
      const { externalKeyId, version } = oldest.ref;
      if (!(await isSupported(() => destroyVersion(externalKeyId, version.version)))) return;
      await destroyVersion(externalKeyId, version.version);
      const description = await describedNow(harness, externalKeyId);
      assert.equal(description.versions.has(version.version), false);
      assert.deepEqual(description.current, newest.ref.version);
      await rejectsWith(
        () => node.decrypt(oldest.ref, oldest.sealed, AAD, deadline()),
        'version-not-found',
      );
      const opened = await node.decrypt(newest.ref, newest.sealed, AAD, deadline());
      assert.deepEqual(opened, PLAINTEXT);
    }),
  },
  {
    title: 'a version that is destroyed → never listed as there, and its number not given again',
    run: withTwoVersions(async (harness, { oldest, newest }, destroyVersion) => {
      const { administration } = harness;
      const { externalKeyId, version } = oldest.ref;
      if (!(await isSupported(() => destroyVersion(externalKeyId, version.version)))) return;
      const listed = await administration?.listKeys?.();
      const summary = listed?.find((key) => key.description.externalKeyId === externalKeyId);
      const left = summary?.versions?.find((each) => each.version === version.version);
      assert(left === undefined || left.material === 'absent');
      await administration?.rotateKey?.(externalKeyId, newest.ref.version.version);
      const isNewer = (current: number) => current > newest.ref.version.version;
      const { version: made } = await untilCurrent(harness, externalKeyId, isNewer);
      assert.notEqual(made.version, version.version);
    }),
  },
  {
    title: 'a version that never was → version-not-found, or nothing; those there are go on',
    run: withTwoVersions(async (harness, { oldest, newest }, destroyVersion) => {
      const { node, deadline } = harness;
      const { externalKeyId, version } = newest.ref;
      const outcome = destroyVersion(externalKeyId, version.version + 7);
      await outcome.catch((error: unknown) => {
        assertCode(error, 'version-not-found');
      });
      for (const { ref, sealed } of [oldest, newest]) {
        assert.deepEqual(await node.decrypt(ref, sealed, AAD, deadline()), PLAINTEXT);
      }
    }),
  },
  {
    title: 'the destruction of a version of a key that is not there → nothing happens',
    async run({ administration }) {
      await administration?.destroyVersion?.('contract-no-such-key', 1);
    },
  },
  {
    title: 'a key that is destroyed, and once more → not there, and opens nothing',
    run: withAct('destroyKey', async (harness, destroyKey) => {
      const { node, deadline, administration } = harness;
      const { ref, sealed } = await sample(harness, await currentKey(harness));
      const { externalKeyId } = ref;
      await destroyKey(externalKeyId);
      await destroyKey(externalKeyId);
      await rejectsWith(() => describedNow(harness, externalKeyId), 'key-not-found');
      await rejectsWith(() => node.decrypt(ref, sealed, AAD, deadline()), 'key-not-found');
      await rejectsWith(() => node.encrypt(ref, PLAINTEXT, AAD, deadline()), 'key-not-found');
      const listed = (await administration?.listKeys?.()) ?? [];
      assert(listed.every(({ description }) => description.externalKeyId !== externalKeyId));
    }),
  },
  {
    title: 'a key that is destroyed → the other keys go on',
    run: withAct('destroyKey', async (harness, destroyKey) => {
      const { node, deadline } = harness;
      const { ref, sealed } = await sample(harness, await currentKey(harness));
      const { externalKeyId } = await currentKey(harness);
      await destroyKey(externalKeyId);
      assert.deepEqual(await node.decrypt(ref, sealed, AAD, deadline()), PLAINTEXT);
    }),
  },
  {
    title: 'the destruction of a key that is not there → nothing happens',
    run: withAct('destroyKey', async (_harness, destroyKey) => {
      await destroyKey('contract-no-such-key');
    }),
  },
];

/** Something that was encrypted, and the version that did it. */
interface Encrypted {
  readonly ref: KeyRef;
  readonly sealed: Sealed;
}

async function sample({ node, deadline }: ContractHarness, ref: KeyRef): Promise<Encrypted> {
  return { ref, sealed: await node.encrypt(ref, PLAINTEXT, AAD, deadline()) };
}

/** Passes where no version can be destroyed, or none made. */
function withTwoVersions(
  run: (
    harness: ContractHarness,
    versions: { readonly oldest: Encrypted; readonly newest: Encrypted },
    destroyVersion: NonNullable<KeyAdministration['destroyVersion']>,
  ) => Promise<void>,
): ContractCase['run'] {
  return async (harness) => {
    const { administration } = harness;
    const destroyVersion = administration?.destroyVersion?.bind(administration);
    if (administration?.rotateKey === undefined || destroyVersion === undefined) return;
    const oldest = await sample(harness, await currentKey(harness));
    const { externalKeyId, version } = oldest.ref;
    await administration.rotateKey(externalKeyId, version.version);
    const isNewer = (current: number) => current > version.version;
    const newest = await sample(harness, await untilCurrent(harness, externalKeyId, isNewer));
    await run(harness, { oldest, newest }, destroyVersion);
  };
}
