import { randomBytes } from 'node:crypto';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { kmsKeyWith, ownKeys } from '../stage/own-keys.js';
import { refusalOf } from '../stage/refusal.js';

const KEY = 'rehearsal-quota';
const BURST = 3;
const PLAINTEXT_BYTES = 32;

/** A quota that is set while Holdfast serves, exceeded, and taken away. */
export const exceedQuota: Chapter = {
  name: 'quota',
  title: 'Set a quota, and exceed it',
  async play(scene) {
    const { keyStore, holdfast, configure } = ownKeys(scene);
    scene.need('connected');
    await holdfast('keys', 'create', KEY, '--key-store', keyStore);
    const KeyId = await kmsKeyWith(scene, KEY);
    const encrypt = () => {
      const Plaintext = randomBytes(PLAINTEXT_BYTES).toString('base64');
      return scene.kms.call('Encrypt', { KeyId, Plaintext });
    };
    await configure({ quotas: { perAccount: { requestsPerSecond: 1, burst: BURST } } });
    let refusal;
    let passed = 0;
    try {
      refusal = await refusalOf(
        encryptUntilRefused(async () => {
          await encrypt();
          passed += 1;
        }),
        { names: ['KMSInvalidStateException'], what: 'the quota was not exceeded' },
      );
      // While nobody may encrypt, KMS goes on asking about keys and health.
      await scene.kms.call('DescribeKey', { KeyId });
    } finally {
      await configure({ quotas: undefined });
    }
    expect(passed >= BURST, `only ${passed} calls passed, and ${BURST} may at once`);
    await encrypt();
    return [
      `With a quota of 1 request a second and ${BURST} at once for each account, ${passed} calls of Encrypt passed.`,
      `The next was answered with ThrottlingException (429), which KMS told the caller as ${refusal.name}: SDKs do not retry it.`,
      'The quota was set and taken away by `holdfast reload`, without a restart.',
    ];
  },
};

/** Calls again and again, for at most as often as the quota allows on the slowest machine. */
async function encryptUntilRefused(encrypt: () => Promise<void>): Promise<void> {
  const MOST = 200;
  for (let calls = 0; calls < MOST; calls += 1) await encrypt();
}
