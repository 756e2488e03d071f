import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type ImportWay, KeyManagerError } from '../backend.js';
import {
  type ContractCase,
  currentKey,
  describedNow,
  hasNoMaterial,
  rejectsWith,
  untilCurrent,
} from './contract-case.js';
import { type Importing, withImport } from './importing.js';
import { openWith, sealWith, wrapped } from './wrapping.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.from('what it belongs to');

/** Bytes that wrap no material, by what is wrong with them. */
const BAD_BYTES: readonly {
  readonly what: string;
  readonly of: (whole: Buffer, wrap: (material: Buffer) => Buffer) => Buffer;
}[] = [
  { what: 'random bytes', of: (whole) => randomBytes(whole.length) },
  { what: 'a number above the modulus', of: (whole) => Buffer.alloc(whole.length, 0xff) },
  { what: 'the number 0', of: (whole) => Buffer.alloc(whole.length) },
  { what: 'no bytes', of: () => Buffer.alloc(0) },
  { what: 'bytes that were cut', of: (whole) => whole.subarray(0, -1) },
  { what: 'a flipped bit at the end', of: (whole) => flippedAt(whole, whole.length - 1) },
  { what: 'a flipped bit at the beginning', of: (whole) => flippedAt(whole, 8) },
  ...[16, 31, 33, 64].map((bytes) => ({
    what: `${bytes} bytes of material`,
    of: (_whole: Buffer, wrap: (material: Buffer) => Buffer) => wrap(randomBytes(bytes)),
  })),
];

/** The cases of a first import, and of what is no material. */
export const importCases: readonly ContractCase[] = [
  {
    title: 'a key for imported material → has no version before it comes',
    run: withImport(async (importing) => {
      const { harness } = importing;
      const { description, origin } = await importing.makeKey();
      assert.equal(origin, 'external');
      await hasNoMaterial(harness, description.externalKeyId);
    }),
  },
  ...(['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'] as const).map(
    (algorithm) =>
      ({
        title: `material wrapped by ${algorithm} → is what the key encrypts and decrypts with`,
        run: withImport(async (importing) => {
          const way = importing.wayOf(algorithm);
          if (way !== undefined) await importsBy(importing, way);
        }),
      }) satisfies ContractCase,
  ),
  {
    title: 'the same import again → does nothing',
    run: withImport(async (importing) => {
      const { externalKeyId, material } = await importing.makeImported();
      const { current } = await describedNow(importing.harness, externalKeyId);
      await importing.bring(externalKeyId, material);
      const again = await describedNow(importing.harness, externalKeyId);
      assert.deepEqual(again.current, current);
      assert.equal(again.versions.size, 1);
    }),
  },
  {
    title: 'bytes that wrap no 32 bytes of material → rejected in the same words, and none kept',
    run: withImport(refusesBadBytes),
  },
  {
    title: 'material for a key that is not there → key-not-found',
    run: withImport(async ({ materialImport, way, harness }) => {
      // Elsewhere that would be the import that makes the key.
      if (harness.hasNoKeysWithoutMaterial === true) return;
      const wrappedBytes = randomBytes(256);
      const choices = {
        way,
        wrappingKeyId: 'none',
        wrapped: wrappedBytes,
        version: 1,
        waits: false,
      };
      const work = () => materialImport.importKeyMaterial('contract-no-such-key', choices);
      await rejectsWith(work, 'key-not-found');
    }),
  },
  {
    title: 'material for a key whose own was generated → refused, and the key is as it was',
    run: withImport(async (importing) => {
      const { harness } = importing;
      if (harness.forgetsOrigins === true) return;
      const { externalKeyId, version } = await currentKey(harness);
      const work = () =>
        importing.bring(externalKeyId, randomBytes(32), { version: version.version + 1 });
      await rejectsWith(work, 'conflict', 'unsupported');
      const { current, versions } = await describedNow(harness, externalKeyId);
      assert.deepEqual(current, version);
      assert.equal(versions.size, 1);
    }),
  },
  {
    title: 'a wrapping key that is destroyed, and once more → nothing happens',
    run: withImport(async ({ materialImport, way }) => {
      const { wrappingKeyId } = await materialImport.createWrappingKey(way);
      await materialImport.destroyWrappingKey(wrappingKeyId);
      await materialImport.destroyWrappingKey(wrappingKeyId);
    }),
  },
];

async function importsBy(importing: Importing, way: ImportWay): Promise<void> {
  const { node, deadline } = importing.harness;
  const { externalKeyId } = (await importing.makeKey()).description;
  const material = randomBytes(32);
  const { origin } = await importing.bring(externalKeyId, material, { way });
  assert.equal(origin, 'external');
  const ref = await untilCurrent(importing.harness, externalKeyId, () => true);
  const sealed = await node.encrypt(ref, PLAINTEXT, AAD, deadline());
  assert.deepEqual(openWith(material, sealed, AAD), PLAINTEXT);
  const elsewhere = sealWith(material, PLAINTEXT, AAD);
  assert.deepEqual(await node.decrypt(ref, elsewhere, AAD, deadline()), PLAINTEXT);
}

async function refusesBadBytes(importing: Importing): Promise<void> {
  const { materialImport, way, harness } = importing;
  const { externalKeyId } = (await importing.makeKey()).description;
  const { wrappingKeyId, publicKey } = await materialImport.createWrappingKey(way);
  const wrap = (material: Buffer) => wrapped(way, publicKey, material);
  const whole = wrap(randomBytes(32));
  const words = new Set<string>();
  for (const { what, of } of BAD_BYTES) {
    const choices = { way, wrappingKeyId, wrapped: of(whole, wrap), version: 1, waits: false };
    const error = await failureOf(() => materialImport.importKeyMaterial(externalKeyId, choices));
    assert(error instanceof KeyManagerError, `${what}: ${String(error)}`);
    assert.equal(error.code, 'rejected', what);
    words.add(error.message);
  }
  assert.equal(words.size, 1, 'the words tell nothing of what was wrong');
  await materialImport.destroyWrappingKey(wrappingKeyId);
  await hasNoMaterial(harness, externalKeyId);
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

function flippedAt(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
