import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { exchange, XksClient } from '../../support/xks-client.js';
import {
  type Credential,
  encryptBody,
  healthBody,
  metadataBody,
  requestMetadata,
  signedHeaders,
} from '../../support/xks-requests.js';

const KEY = 'quickstart-key';
const BURST = 3;
const RATE = { requestsPerSecond: 1, burst: BURST };
/** More than a rate of 1 a second lets through, however slow the machine is. */
const MOST = 200;

/** Key stores beside the quickstart's, each with a quota of its own, on the same keys. */
const QUOTAS = {
  'by-store': RATE,
  'by-credential': { perCredential: RATE },
  'by-account': { perAccount: RATE },
  'by-concurrency': { concurrency: 1 },
};
type Limited = keyof typeof QUOTAS;

/** The two credentials of a key store: no two have the same id. */
function credentialsOf(keyStore: Limited): readonly [Credential, Credential] {
  const index = Object.keys(QUOTAS).indexOf(keyStore);
  const credentialOf = (letters: string): Credential => ({
    ...{ accessKeyId: letters.charAt(index).repeat(20), secretAccessKey: 's'.repeat(43) },
  });
  return [credentialOf('ABCD'), credentialOf('EFGH')];
}

let server: HoldfastServer;
let client: XksClient;

beforeAll(async () => {
  const { keyStores, ...rest } = quickstartConfiguration();
  const [quickstart] = keyStores;
  const limited = Object.entries(QUOTAS).map(([name, quotas]) => ({
    ...quickstart,
    ...{ name, pathPrefix: `/${name}`, shared: true, quotas },
    credentials: credentialsOf(name as Limited),
  }));
  server = await startHoldfast({
    configuration: { ...rest, keyStores: [{ ...quickstart, shared: true }, ...limited] },
  });
  client = new XksClient(server);
});

afterAll(async () => {
  client.close();
  await server.stop();
});

interface Caller {
  readonly account?: string;
  readonly credential?: Credential;
}

const uriPathOf = (keyStore: Limited) => `/${keyStore}/kms/xks/v1`;

function encrypt(keyStore: Limited, caller: Caller = {}) {
  const { account = '111122223333', credential = credentialsOf(keyStore)[0] } = caller;
  const awsPrincipalArn = `arn:aws:iam::${account}:role/app`;
  const body = encryptBody({ requestMetadata: requestMetadata({ awsPrincipalArn }) });
  return client.call(`keys/${KEY}/encrypt`, body, { uriPath: uriPathOf(keyStore), credential });
}

/** Calls until one is refused. @returns the number of those before, and the refusal */
async function untilRefused(keyStore: Limited, caller: Caller = {}) {
  for (let passed = 0; passed < MOST; passed += 1) {
    const reply = await encrypt(keyStore, caller);
    if (reply.status !== 200) return { passed, reply };
  }
  throw new Error('no quota was exceeded');
}

async function throttledBy(reason: string, keyStore: Limited): Promise<number> {
  const metrics = await fetch(`http://127.0.0.1:${server.operationsPort}/metrics`);
  const name = `holdfast_throttled_requests_total\\{reason="${reason}",key_store="${keyStore}"\\}`;
  return Number(new RegExp(`${name} (\\d+)`, 'u').exec(await metrics.text())?.[1]);
}

describe.each([
  { keyStore: 'by-store', reason: 'quota-key-store', others: [] },
  {
    keyStore: 'by-credential',
    reason: 'quota-credential',
    others: [{ credential: credentialsOf('by-credential')[1] }],
  },
  { keyStore: 'by-account', reason: 'quota-account', others: [{ account: '444455556666' }] },
] as const)('the quota of $keyStore', ({ keyStore, reason, others }) => {
  it('a burst passes, and what is more is answered with 429 that KMS understands; others go on', async () => {
    const { passed, reply } = await untilRefused(keyStore);
    expect(passed).toBeGreaterThanOrEqual(BURST);
    expect(reply).toMatchObject({ status: 429, json: { errorName: 'ThrottlingException' } });
    expect(reply.headers['content-type']).toBe('application/json');
    expect(await throttledBy(reason, keyStore)).toBeGreaterThan(0);
    for (const other of others)
      expect(await encrypt(keyStore, other)).toMatchObject({ status: 200 });
  });

  it('is used up → GetKeyMetadata and GetHealthStatus are answered all the same', async () => {
    const as = { uriPath: uriPathOf(keyStore), credential: credentialsOf(keyStore)[0] };
    await untilRefused(keyStore);
    const metadata = await client.call(`keys/${KEY}/metadata`, metadataBody(), as);
    const health = await client.call('health', healthBody(), as);
    expect([metadata.status, health.status]).toEqual([200, 200]);
  });

  it('is used up → callers are let in again as time passes', async () => {
    await untilRefused(keyStore);
    await expect
      .poll(async () => (await encrypt(keyStore)).status, { interval: 200, timeout: 10_000 })
      .toBe(200);
  });
});

describe('requests in work', () => {
  it('more than may be at once → some are refused, and one alone is not', async () => {
    const requests = Array.from({ length: 16 }, () => pipelined('by-concurrency'));
    const { received } = await exchange(server, requests.join(''), requests.length);
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/gu)].map(([, status]) => status);
    expect(statuses).toHaveLength(requests.length);
    expect(new Set(statuses)).toEqual(new Set(['200', '429']));
    expect(await encrypt('by-concurrency')).toMatchObject({ status: 200 });
  });
});

/** Encrypt as it goes on the wire. */
function pipelined(keyStore: Limited): string {
  const path = `${uriPathOf(keyStore)}/keys/${KEY}/encrypt`;
  const body = JSON.stringify(encryptBody());
  const { host } = client;
  const [credential] = credentialsOf(keyStore);
  const headers = signedHeaders({ host, credential, path, body: Buffer.from(body) });
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`POST ${path} HTTP/1.1`, ...head, '', body].join('\r\n');
}
