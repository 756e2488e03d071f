import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { KeyRef, Witness } from '../backend.js';
import {
  type ContractCase,
  describedNow,
  hasNoMaterial,
  isSupported,
  rejectsWith,
  untilCurrent,
} from './contract-case.js';
import { type Importing, withImport } from './importing.js';
import { openWith } from './wrapping.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.from('what it belongs to');

/** The cases of imports into keys that have, or had, material. */
export const importAgainCases: readonly ContractCase[] = [
  {
    title: 'the material of a version that has lost it → the same number and name, and it opens',
    run: withLostMaterial(async (importing, { ref, witness, material }) => {
      const { harness } = importing;
      const { externalKeyId, version } = ref;
      const isTaken = await isSupported(() =>
        importing.bring(externalKeyId, material, { version: version.version, witness }),
      );
      if (!isTaken) return;
      const again = await untilCurrent(harness, externalKeyId, () => true);
      assert.deepEqual(again.version, version);
      const opened = await harness.node.decrypt(ref, witness.sealed, AAD, harness.deadline());
      assert.deepEqual(opened, PLAINTEXT);
    }),
  },
  {
    title: 'other material than the one of the witness → conflict, and nothing of it is kept',
    run: withLostMaterial(async (importing, { ref, witness }) => {
      const { externalKeyId, version } = ref;
      const work = () =>
        importing.bring(externalKeyId, randomBytes(32), { version: version.version, witness });
      await rejectsWith(work, 'conflict', 'unsupported');
      await hasNoMaterial(importing.harness, externalKeyId);
    }),
  },
  {
    title: 'a key that has lost its material → never encrypts by a rotation',
    run: withLostMaterial(async ({ administration, harness }, { ref }) => {
      const { externalKeyId, version } = ref;
      if (administration.rotateKey === undefined) return;
      const work = () => administration.rotateKey?.(externalKeyId, version.version);
      await rejectsWith(work, 'conflict', 'unsupported', 'key-not-found');
      await hasNoMaterial(harness, externalKeyId);
    }),
  },
  {
    title: 'further material → waits for the rotation, and then encrypts',
    run: withFurtherMaterial(async (importing, { externalKeyId, old, material }) => {
      const { node, deadline } = importing.harness;
      const { current } = await describedNow(importing.harness, externalKeyId);
      assert.deepEqual(current, old.version);
      const sealed = await node.encrypt(old, PLAINTEXT, AAD, deadline());
      const { administration } = importing;
      await administration.rotateKey?.(externalKeyId, old.version.version);
      const isNewer = (version: number) => version > old.version.version;
      const newest = await untilCurrent(importing.harness, externalKeyId, isNewer);
      const resealed = await node.encrypt(newest, PLAINTEXT, AAD, deadline());
      assert.deepEqual(openWith(material, resealed, AAD), PLAINTEXT);
      assert.deepEqual(await node.decrypt(old, sealed, AAD, deadline()), PLAINTEXT);
    }),
  },
  {
    title: 'a rotation to further material that is asked for again → done once, and no other made',
    run: withFurtherMaterial(async ({ administration, harness }, { externalKeyId, old }) => {
      const from = old.version.version;
      await administration.rotateKey?.(externalKeyId, from);
      await administration.rotateKey?.(externalKeyId, from);
      await untilCurrent(harness, externalKeyId, (version) => version > from);
      assert.equal((await describedNow(harness, externalKeyId)).versions.size, 2);
    }),
  },
  {
    title: 'a rotation of imported material that none waits after → refused, and none is made',
    run: withImport(async (importing) => {
      const { administration, harness } = importing;
      if (administration.rotateKey === undefined || harness.forgetsOrigins === true) return;
      const { externalKeyId } = await importing.makeImported();
      const work = () => administration.rotateKey?.(externalKeyId, 1);
      await rejectsWith(work, 'conflict', 'unsupported');
      assert.equal((await describedNow(harness, externalKeyId)).versions.size, 1);
    }),
  },
];

/** Material that was imported and destroyed. */
interface LostMaterial {
  readonly ref: KeyRef;
  readonly material: Buffer;
  readonly witness: Witness;
}

/** Passes where a version cannot be destroyed. */
function withLostMaterial(
  run: (importing: Importing, lost: LostMaterial) => Promise<void>,
): ContractCase['run'] {
  return withImport(async (importing) => {
    const { harness } = importing;
    const { externalKeyId, material } = await importing.makeImported();
    const ref = await untilCurrent(harness, externalKeyId, () => true);
    const sealed = await harness.node.encrypt(ref, PLAINTEXT, AAD, harness.deadline());
    if (!(await importing.destroy(externalKeyId, ref.version.version))) return;
    await run(importing, { ref, material, witness: { sealed, aad: AAD, plaintext: PLAINTEXT } });
  });
}

/** A key with one version, and one that waits. */
interface FurtherMaterial {
  readonly externalKeyId: string;
  readonly old: KeyRef;
  readonly material: Buffer;
}

/** Passes where further material cannot be imported, or nothing rotates to it. */
function withFurtherMaterial(
  run: (importing: Importing, further: FurtherMaterial) => Promise<void>,
): ContractCase['run'] {
  return withImport(async (importing) => {
    if (importing.administration.rotateKey === undefined) return;
    const { externalKeyId } = await importing.makeImported();
    const old = await untilCurrent(importing.harness, externalKeyId, () => true);
    const material = randomBytes(32);
    const choices = { version: old.version.version + 1, waits: true };
    if (!(await isSupported(() => importing.bring(externalKeyId, material, choices)))) return;
    await run(importing, { externalKeyId, old, material });
  });
}
