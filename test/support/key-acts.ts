import { randomBytes } from 'node:crypto';
import type { KeySummary, WrappedMaterial, WrappingKey } from '../../src/key-managers/backend.js';
import { wrapped } from '../../src/key-managers/contract/wrapping.js';
import {
  allOpen,
  BOTH,
  encryptSample,
  type MovingAdministration,
  type MovingKeys,
  type Sample,
} from './moving-keys.js';
import { refusalOf } from './key-folder.js';

const WAY = { wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_2048' } as const;

/** Keys in every standing, and something encrypted under each version. */
export interface PreparedKeys {
  readonly samples: readonly Sample[];
  readonly wrappingKey: WrappingKey;
  readonly materials: Readonly<Record<'lost' | 'further', Buffer>>;
}

/**
 * Makes keys for every act: `one` with two versions, `brought` with imported material, `lost`
 * without the material that it had, `waiting` with further material.
 */
export async function prepareKeys(keys: MovingKeys): Promise<PreparedKeys> {
  const { administration } = keys;
  const { materialImport } = administration;
  const wrappingKey = await materialImport.createWrappingKey(WAY);
  const materials = { lost: randomBytes(32), further: randomBytes(32) };
  const samples: Sample[] = [];
  await administration.createKey('one', BOTH);
  samples.push(await encryptSample(keys, 'one'));
  await administration.rotateKey('one', 1);
  samples.push(await encryptSample(keys, 'one'));
  for (const id of ['brought', 'lost', 'waiting']) {
    await administration.createKey(id, BOTH, 'external');
    const material = id === 'lost' ? materials.lost : randomBytes(32);
    await bring(administration, id, { wrappingKey, material, version: 1 });
    samples.push(await encryptSample(keys, id));
  }
  await administration.destroyVersion('lost', 1);
  const further = { wrappingKey, material: randomBytes(32), version: 2, waits: true };
  await bring(administration, 'waiting', further);
  return { samples, wrappingKey, materials };
}

interface Brought extends Partial<Pick<WrappedMaterial, 'waits'>> {
  readonly wrappingKey: WrappingKey;
  readonly material: Buffer;
  readonly version: number;
}

/** Imports material under a wrapping key that is there. */
export function bring(
  { materialImport }: MovingAdministration,
  externalKeyId: string,
  { wrappingKey, material, version, waits = false }: Brought,
): Promise<KeySummary> {
  const { wrappingKeyId, publicKey } = wrappingKey;
  return materialImport.importKeyMaterial(externalKeyId, {
    way: WAY,
    wrappingKeyId,
    wrapped: wrapped(WAY, publicKey, material),
    version,
    waits,
  });
}

/** An act on prepared keys that may be asked for again, and what it must have done then. */
export interface KeyAct {
  readonly title: string;
  readonly act: (administration: MovingAdministration, prepared: PreparedKeys) => Promise<unknown>;
  /** The key whose samples of the versions up to a number must not open afterwards. */
  readonly destroys?: { readonly externalKeyId: string; readonly upTo: number };
  /** The keys that must encrypt afterwards, and with which version. */
  readonly encrypts?: Readonly<Record<string, number>>;
}

/** Every act on keys. */
export const KEY_ACTS: readonly KeyAct[] = [
  { title: 'rotate', act: (keys) => keys.rotateKey('one', 2), encrypts: { one: 3 } },
  {
    title: 'destroy a version',
    act: (keys) => keys.destroyVersion('one', 1),
    destroys: { externalKeyId: 'one', upTo: 1 },
    encrypts: { one: 2 },
  },
  {
    title: 'destroy a key',
    act: (keys) => keys.destroyKey('one'),
    destroys: { externalKeyId: 'one', upTo: 2 },
  },
  {
    title: 'import further material',
    act: (keys, { wrappingKey, materials }) =>
      bring(keys, 'brought', {
        ...{ wrappingKey, material: materials.further, version: 2, waits: true },
      }),
    encrypts: { brought: 1 },
  },
  {
    title: 'import lost material again',
    act: (keys, { wrappingKey, materials }) =>
      bring(keys, 'lost', { wrappingKey, material: materials.lost, version: 1 }),
    encrypts: { lost: 1 },
  },
  {
    title: 'rotate to material that waits',
    act: (keys) => keys.rotateKey('waiting', 1),
    encrypts: { waiting: 2, brought: 1 },
  },
  {
    title: 'destroy a wrapping key',
    act: (keys, { wrappingKey }) =>
      keys.materialImport.destroyWrappingKey(wrappingKey.wrappingKeyId),
  },
];

/** Tells what is wrong with keys after an act was done, if anything. */
export async function faultsAfter(
  { destroys, encrypts = {} }: KeyAct,
  keys: MovingKeys,
  { samples }: PreparedKeys,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const sample of samples) {
    const { externalKeyId, version } = sample.ref;
    const { number, isLost } = { number: version.version, isLost: externalKeyId === 'lost' };
    const isDestroyed = externalKeyId === destroys?.externalKeyId && number <= destroys.upTo;
    const mayBeLost = isLost && encrypts['lost'] === undefined;
    const refusal = await refusalOf(() => allOpen(keys, [sample]));
    const isRight = isDestroyed || mayBeLost ? refusal !== undefined : refusal === undefined;
    if (!isRight) faults.push(`version ${number} of ${externalKeyId}: ${refusal ?? 'opens'}`);
  }
  for (const [externalKeyId, version] of Object.entries(encrypts)) {
    const sample = await encryptSample(keys, externalKeyId);
    const used = sample.ref.version.version;
    // The number of a version that a crash kept from being is not given again.
    const isRight = externalKeyId === 'one' ? used >= version : used === version;
    if (!isRight) faults.push(`${externalKeyId} encrypts with ${used}, not ${version}`);
    if (!(await allOpen(keys, [sample]))) faults.push(`${externalKeyId} does not open its own`);
  }
  return faults;
}

/** Tells which samples do not open that no act touches, or only one that may be done or not. */
export async function lostAmid(
  { destroys }: KeyAct,
  keys: MovingKeys,
  { samples }: PreparedKeys,
): Promise<readonly string[]> {
  const kept = samples.filter(({ ref: { externalKeyId, version } }) => {
    const isGoing = externalKeyId === destroys?.externalKeyId && version.version <= destroys.upTo;
    return externalKeyId !== 'lost' && !isGoing;
  });
  const lost: string[] = [];
  for (const sample of kept) {
    const refusal = await refusalOf(() => allOpen(keys, [sample]));
    if (refusal !== undefined) lost.push(`${sample.ref.externalKeyId}: ${refusal}`);
  }
  return lost;
}
