import { describe, expect, it } from 'vitest';
import type { QuotasConfig } from '../../../src/key-stores/quotas/config.js';
import { KeyStoreQuotas, QuotaMeters } from '../../../src/key-stores/quotas/quotas.js';
import { systemClock } from '../../../src/shared/clock.js';
import { encryptBody, healthBody, metadataBody } from '../../support/xks-requests.js';
import { MemoryKeyManager } from '../../support/memory-key-manager.js';
import { credential, errorNameOf, incoming, keyStoreOn, makePipeline, PREFIX } from './harness.js';

const clock = { now: () => 0, monotonic: () => 0 };

function limited(quotas: QuotasConfig, meters = new QuotaMeters()) {
  const keyStore = {
    ...keyStoreOn(new MemoryKeyManager({ key: {} }), { ...systemClock, now: () => NOW }),
    quotas: new KeyStoreQuotas({ name: 'store', quotas }, { meters, clock }),
  };
  return makePipeline({ keyStores: new Map([['/store', keyStore]]) });
}

const NOW = Date.parse('2026-11-22T12:00:00Z');

function encrypt({ handle }: ReturnType<typeof makePipeline>, account = '111122223333') {
  const body = encryptBody();
  const awsPrincipalArn = `arn:aws:iam::${account}:role/x`;
  const requestMetadata = { ...(body['requestMetadata'] as object), awsPrincipalArn };
  return handle(incoming(`${PREFIX}/keys/key/encrypt`, { ...body, requestMetadata }).call);
}

describe.each<[string, QuotasConfig, string]>([
  ['key store', { requestsPerSecond: 1, burst: 2 }, 'quota of the key store store'],
  [
    'credential',
    { perCredential: { requestsPerSecond: 1, burst: 2 } },
    `quota of the credential ${credential.accessKeyId}`,
  ],
  [
    'account',
    { perAccount: { requestsPerSecond: 1, burst: 2 } },
    'quota of the account 111122223333',
  ],
])('the quota of a %s', (_, quotas, cause) => {
  it('is exceeded → ThrottlingException, whose reason the record tells', async () => {
    const pipeline = limited(quotas);
    const names = [];
    for (let call = 0; call < 3; call += 1) names.push(errorNameOf(await encrypt(pipeline)));
    expect(names).toEqual(['none', 'none', 'ThrottlingException']);
    expect(pipeline.records.at(-1)).toMatchObject({
      status: 429,
      cause: expect.stringContaining(cause) as string,
    });
  });

  it('is exceeded → GetKeyMetadata and GetHealthStatus go on', async () => {
    const pipeline = limited(quotas);
    for (let call = 0; call < 3; call += 1) await encrypt(pipeline);
    const metadata = incoming(`${PREFIX}/keys/key/metadata`, metadataBody());
    const health = incoming(`${PREFIX}/health`, healthBody());
    for (const { call } of [metadata, health]) {
      expect(errorNameOf(await pipeline.handle(call))).toBe('none');
    }
  });
});

it('the quota of an account is exceeded → other accounts go on, and the key store is not charged', async () => {
  const pipeline = limited({
    requestsPerSecond: 1,
    burst: 3,
    perAccount: { requestsPerSecond: 1 },
  });
  const accounts = ['1', '1', '1', '1', '1', '2', '3', '4'].map((each) => each.repeat(12));
  const names = [];
  for (const account of accounts) names.push(errorNameOf(await encrypt(pipeline, account)));
  expect(names.filter((name) => name === 'none')).toHaveLength(3);
  expect(names.slice(5)).toEqual(['none', 'none', 'ThrottlingException']);
});

it('requests are in work as many as may be → the next is refused, and accepted once one is answered', async () => {
  const pipeline = limited({ concurrency: 1 });
  const [first, second] = await Promise.all([encrypt(pipeline), encrypt(pipeline)]);
  expect([first, second].map(errorNameOf)).toEqual(['none', 'ThrottlingException']);
  expect(errorNameOf(await encrypt(pipeline))).toBe('none');
});

it('another generation takes over → a bucket stays as empty as it was', async () => {
  const meters = new QuotaMeters();
  const quotas = { requestsPerSecond: 1, burst: 1 };
  expect(errorNameOf(await encrypt(limited(quotas, meters)))).toBe('none');
  expect(errorNameOf(await encrypt(limited(quotas, meters)))).toBe('ThrottlingException');
});

it('a request without a valid signature → counts for nothing', async () => {
  const pipeline = limited({ requestsPerSecond: 1 });
  const forged = { ...credential, secretAccessKey: 'x'.repeat(43) };
  const { call } = incoming(`${PREFIX}/keys/key/encrypt`, encryptBody(), { credential: forged });
  expect(errorNameOf(await pipeline.handle(call))).toBe('AuthenticationFailedException');
  expect(errorNameOf(await encrypt(pipeline))).toBe('none');
});
