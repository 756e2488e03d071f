import type { Deadline } from '../../shared/deadline.js';
import { HEALTH_TEST_KEY_ID, KeyManagerError } from '../backend.js';
import { knownKeyOf } from './key-directory.js';
import { ChildFailure } from './pool/child-failure.js';
import type { Target, TokenCipher } from './token-cipher.js';
import type { TokenClient } from './token-client.js';
import type { KeyReply } from './wire/messages.js';

const TEXT = {
  operation: 'encrypt',
  plaintext: Buffer.from('holdfast self test'),
  aad: Buffer.from('self test'),
} as const;

/** Settings of the self-test. */
export interface SelfTestPorts {
  /** True when a missing health-test key may be created. */
  readonly init: boolean;
  readonly deadline: Deadline;
}

/**
 * Tests a child before it serves: the health-test key encrypts twice, with two different IVs, and
 * decrypts one of the ciphertexts.
 *
 * @throws KeyManagerError; ChildFailure with the effect `unsafe-iv` for one IV twice
 */
export async function selfTest(
  client: TokenClient,
  cipher: TokenCipher,
  ports: SelfTestPorts,
): Promise<void> {
  const { deadline } = ports;
  const target = targetOf(await testKey(client, ports));
  const one = await cipher.encrypt(client, target, TEXT, deadline);
  const other = await cipher.encrypt(client, target, TEXT, deadline);
  if (one.iv.equals(other.iv)) {
    throw new ChildFailure({
      code: 'misconfigured',
      message: 'two encryptions had one IV: the profile does not fit the token',
      effect: 'unsafe-iv',
    });
  }
  const { aad } = TEXT;
  const opened = await cipher.decrypt(client, target, { sealed: one, aad }, deadline);
  if (!opened.equals(TEXT.plaintext)) {
    throw new KeyManagerError('corrupt', 'the health-test key decrypts to something else');
  }
}

async function testKey(client: TokenClient, ports: SelfTestPorts): Promise<KeyReply> {
  try {
    return await client.describe(HEALTH_TEST_KEY_ID, ports.deadline);
  } catch (error) {
    const isMissing = error instanceof KeyManagerError && error.code === 'key-not-found';
    if (!isMissing) throw error;
  }
  if (ports.init) {
    const usage = new Set(['ENCRYPT', 'DECRYPT'] as const);
    return client.create(HEALTH_TEST_KEY_ID, usage, ports.deadline);
  }
  throw new KeyManagerError(
    'misconfigured',
    `the token has no key ${HEALTH_TEST_KEY_ID}. A token whose files are lost looks the same, so ` +
      'Holdfast does not create the key. If the token is new, start once with --init, or create an ' +
      'AES-256 key of that name for encryption and decryption.',
  );
}

function targetOf(reply: KeyReply): Target {
  const { description, lookups } = knownKeyOf(reply);
  const { externalKeyId, current } = description;
  const lookup = current === undefined ? undefined : lookups.get(current.version);
  if (current === undefined || lookup === undefined) {
    throw new KeyManagerError('internal', 'the health-test key has no version');
  }
  return { externalKeyId, version: current, lookup };
}
