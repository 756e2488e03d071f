import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reconciliation } from '../../../src/evidence/reconciliation/outcome.js';
import type { Call } from '../../../src/kms-simulator/call.js';
import type { ExternalKey } from '../../../src/kms-simulator/custom-key-stores/external-cryptography.js';
import { callOf, REGION } from '../../support/kms-simulator/key-stores.js';
import {
  newKey,
  type SimulatedRegion,
  startRegion,
} from '../../support/kms-simulator/simulated-region.js';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { comparedLater, wholeSecond } from '../../support/kms-simulator/both-sides.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';

const ROUNDS = 300;

let server: HoldfastServer;
beforeAll(async () => {
  server = await startHoldfast();
});
afterAll(async () => {
  await server.stop();
});

/** Both sides, once CloudTrail has delivered. */
async function compared({ bucket, trail }: SimulatedRegion, from: number): Promise<Reconciliation> {
  await trail.deliver();
  return comparedLater(bucket, server, from);
}

const AAD = Buffer.from('context');

/** One random call of KMS, of whatever ends it may come to. */
async function randomCall(
  region: SimulatedRegion,
  keys: readonly ExternalKey[],
  blobs: Map<Buffer, ExternalKey>,
) {
  const { cryptography } = region.keyStores;
  const key = pick(keys);
  const [blob, owner] = blobs.size === 0 ? [] : pick([...blobs]);
  const act = Math.random();
  if (act < 0.4 || blob === undefined || owner === undefined) {
    const call = callOf(pick(['Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext']));
    const plaintext = randomBytes(1 + Math.floor(Math.random() * 4096));
    blobs.set(
      await region.run(call, [key], () => cryptography.encrypt(key, plaintext, AAD, call)),
      key,
    );
  } else if (act < 0.75) {
    const aad = Math.random() < 0.2 ? Buffer.from('wrong') : AAD;
    const call = callOf('Decrypt');
    await region.run(call, [owner], () => cryptography.decrypt(owner, blob, aad, call));
  } else if (act < 0.9) {
    const call = callOf('ReEncrypt');
    await region.run(call, [owner, key], async () => {
      const plaintext = await cryptography.decrypt(owner, blob, AAD, call);
      blobs.set(await cryptography.encrypt(key, plaintext, AAD, call), key);
    });
  } else {
    const call = callOf('CreateKey');
    const xksKeyId = pick(['quickstart-key', 'no-such-key']);
    const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: region.id, XksKeyId: xksKeyId };
    await region.run(call, [], () => cryptography.inspect(region.id, xksKeyId, call), input);
  }
}

function pick<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)] as Item;
}

async function randomTraffic(region: SimulatedRegion, rounds = ROUNDS): Promise<void> {
  const keys = [newKey(region.id), newKey(region.id), newKey(region.id, 'no-such-key')];
  const blobs = new Map<Buffer, ExternalKey>();
  for (let round = 0; round < rounds; round += 1) {
    await randomCall(region, keys, blobs).catch(() => undefined);
  }
}

describe('what KMS and the proxy tell of the same calls', () => {
  it('random traffic → every call is matched, and nothing else is found', async () => {
    const from = await wholeSecond();
    const region = await startRegion(server, temporaryFolder());
    await randomTraffic(region);
    const result = await compared(region, from);
    expect(result).toMatchObject({
      verdict: 'matched',
      usedHereWithoutCloudTrailEvent: { count: 0 },
      inCloudTrailNeverArrivedHere: { count: 0 },
      pending: { count: 0 },
      notCovered: [],
    });
    expect(result.matched.calls).toBeGreaterThanOrEqual(ROUNDS * 0.9);
    expect(result.matched.failedInKms).toBeGreaterThan(10);
    expect(result.cloudTrail.withoutRequestId).toBe(0);
    expect(region.errors).toEqual([]);
  });

  it('lost connections and timeouts → matched, with repeats that are no alarm', async () => {
    const from = await wholeSecond();
    const region = await startRegion(server, temporaryFolder());
    region.faults.set({ lostConnections: 0.3 });
    await randomTraffic(region, 60);
    region.faults.set({});
    await randomTraffic(region, 20);
    expect((await compared(region, from)).verdict).toBe('matched');
  });

  it('a call that somebody made with the credential → found', async () => {
    const from = await wholeSecond();
    const region = await startRegion(server, temporaryFolder());
    await randomTraffic(region, 20);
    const client = new XksClient(server);
    const body = {
      requestMetadata: {
        awsPrincipalArn: 'arn:aws:iam::111122223333:user/Alice',
        kmsKeyArn: newKey(region.id).arn,
        kmsOperation: 'Encrypt',
        kmsRequestId: 'nobody-knows-it',
      },
      plaintext: 'AAAA',
      encryptionAlgorithm: 'AES_GCM',
    };
    expect(
      (await client.call('keys/quickstart-key/encrypt', body, { region: REGION })).status,
    ).toBe(200);
    client.close();
    const result = await compared(region, from);
    expect(result).toMatchObject({
      verdict: 'alarmed',
      usedHereWithoutCloudTrailEvent: {
        count: 1,
        first: [{ why: 'no-event', kmsRequestId: 'nobody-knows-it' }],
      },
      inCloudTrailNeverArrivedHere: { count: 0 },
    });
  });

  it.each<
    readonly [
      string,
      (call: Call, key: ExternalKey, other: ExternalKey) => readonly [Call, ExternalKey],
      string,
    ]
  >([
    [
      'another operation of KMS',
      (call, key) => [{ ...call, operation: 'Encrypt' }, key],
      'other-operation',
    ],
    ['another KMS key', (call, _key, other) => [call, other], 'other-key'],
    ['another external key', (call, key) => [call, { ...key, xksKeyId: 'another' }], 'other-key'],
    ['another request', (call, key) => [callOf(call.operation), key], 'no-event'],
  ])('an event that tells of %s → found', async (_what, changed, why) => {
    const from = await wholeSecond();
    const region = await startRegion(server, temporaryFolder());
    const { cryptography } = region.keyStores;
    const [key, other] = [newKey(region.id), newKey(region.id)];
    const sealing = callOf('Encrypt');
    const sealed = await region.run(sealing, [key], () =>
      cryptography.encrypt(key, Buffer.from('x'), AAD, sealing),
    );
    const call = callOf('Decrypt');
    await cryptography.decrypt(key, sealed, AAD, call);
    const [toldCall, toldKey] = changed(call, key, other);
    region.trail.finished(toldCall, { input: {}, keys: [toldKey], output: {} });
    await sleep(1100);
    await randomTraffic(region, 5);
    const result = await compared(region, from);
    expect(result).toMatchObject({
      verdict: 'alarmed',
      usedHereWithoutCloudTrailEvent: { count: 1, first: [{ why, kmsRequestId: call.requestId }] },
      inCloudTrailNeverArrivedHere: { count: 1 },
    });
  });

  it('an event of a call that never arrived → found', async () => {
    const from = await wholeSecond();
    const region = await startRegion(server, temporaryFolder());
    await randomTraffic(region, 10);
    const call = callOf('GenerateDataKey');
    region.trail.finished(call, { input: {}, keys: [newKey(region.id)], output: {} });
    await sleep(1100);
    await randomTraffic(region, 10);
    const result = await compared(region, from);
    expect(result).toMatchObject({
      verdict: 'alarmed',
      usedHereWithoutCloudTrailEvent: { count: 0 },
      inCloudTrailNeverArrivedHere: {
        count: 1,
        first: [{ requestId: call.requestId, customKeyStoreIds: [region.id] }],
      },
    });
  });

  it('the same call three times, and other data under its request id → found', async () => {
    const from = await wholeSecond();
    const region = await startRegion(server, temporaryFolder());
    const { cryptography } = region.keyStores;
    const key = newKey(region.id);
    const call = callOf('Encrypt');
    const sealed = await region.run(call, [key], () =>
      cryptography.encrypt(key, Buffer.from('x'), AAD, call),
    );
    const decrypting = callOf('Decrypt');
    await region.run(decrypting, [key], () => cryptography.decrypt(key, sealed, AAD, decrypting));
    await cryptography.decrypt(key, sealed, AAD, decrypting);
    await cryptography.decrypt(key, sealed, AAD, decrypting);
    await cryptography
      .decrypt(key, sealed, Buffer.from('other'), decrypting)
      .catch(() => undefined);
    const result = await compared(region, from);
    expect(result).toMatchObject({
      verdict: 'alarmed',
      matched: { repeatedTooOften: { count: 1 } },
      usedHereWithoutCloudTrailEvent: { count: 1, first: [{ why: 'other-input' }] },
    });
  });
});
