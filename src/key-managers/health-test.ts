import type { Deadline } from '../shared/deadline.js';
import {
  HEALTH_TEST_KEY_ID,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
  type Sealed,
} from './backend.js';

const TEST_PLAINTEXT = Buffer.from('holdfast health test');
/**
 * Not empty, as in every request of KMS: a node that refuses additional data fails the test. One
 * that ignores them passes a round trip; only a decryption with other data would tell.
 */
const TEST_AAD = Buffer.from('bound');

/** Errors with which a node refuses a ciphertext of other material. */
const REFUSALS: ReadonlySet<KeyManagerErrorCode> = new Set([
  'invalid-ciphertext',
  'rejected',
  'version-not-found',
]);

/** As much of a node as the health test needs. */
export type TestedNode = Pick<KeyManagerNode, 'describeKey' | 'encrypt' | 'decrypt'>;

/** A ciphertext of the test's plaintext that a node has opened again. */
export interface TestProof {
  readonly key: KeyRef;
  readonly sealed: Sealed;
}

/**
 * The test key's current version on a node.
 *
 * @throws KeyManagerError `key-not-found`, `key-disabled` where no version can be used, and others
 */
export async function findTestKey(node: TestedNode, deadline: Deadline): Promise<KeyRef> {
  const { current } = await node.describeKey(HEALTH_TEST_KEY_ID, deadline);
  if (current !== undefined) return { externalKeyId: HEALTH_TEST_KEY_ID, version: current };
  throw new KeyManagerError('key-disabled', 'no version of it can be used');
}

/** Encrypts the test's plaintext. @throws KeyManagerError */
export async function sealTest(node: TestedNode, key: KeyRef, deadline: Deadline): Promise<Sealed> {
  return node.encrypt(key, TEST_PLAINTEXT, TEST_AAD, deadline);
}

/**
 * Tells whether a node has the key material that sealed a test, on this or another node.
 *
 * @param key as this node describes it
 * @throws KeyManagerError for a failure that speaks of the node and not of the material
 */
export async function opensTest(
  node: TestedNode,
  { key, sealed }: TestProof,
  deadline: Deadline,
): Promise<boolean> {
  try {
    return (await node.decrypt(key, sealed, TEST_AAD, deadline)).equals(TEST_PLAINTEXT);
  } catch (error) {
    if (error instanceof KeyManagerError && REFUSALS.has(error.code)) return false;
    throw error;
  }
}

/**
 * Proves that a node can encrypt and decrypt, with the test key.
 *
 * @throws KeyManagerError what keeps it from that; `corrupt` where it decrypts to something else
 */
export async function proveRoundTrip(node: TestedNode, deadline: Deadline): Promise<TestProof> {
  const key = await findTestKey(node, deadline);
  const sealed = await sealTest(node, key, deadline);
  const opened = await node.decrypt(key, sealed, TEST_AAD, deadline);
  if (opened.equals(TEST_PLAINTEXT)) return { key, sealed };
  throw new KeyManagerError('corrupt', 'it decrypts to something else');
}
