import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  base64,
  createKey,
  register,
  startWhole,
} from '../../support/kms-simulator/whole-simulator.js';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { comparedLater, wholeSecond } from '../../support/kms-simulator/both-sides.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const CONTEXT = { Department: 'Payroll' };

let server: HoldfastServer;
beforeAll(async () => {
  server = await startHoldfast();
});
afterAll(async () => {
  await server.stop();
});

describe('the simulator and Holdfast, both of which write down what was called', () => {
  it('random calls of the API, errors included → every one is matched in both logs', async () => {
    const from = await wholeSecond();
    const simulator = await startWhole(server, temporaryFolder());
    const { client } = simulator;
    const CustomKeyStoreId = await register(client, server);
    await server.holdfast('keys', 'create', 'second', '--key-store', 'quickstart');
    const keys = [
      await createKey(client, { CustomKeyStoreId, XksKeyId: 'quickstart-key' }),
      await createKey(client, { CustomKeyStoreId, XksKeyId: 'second' }),
      await createKey(client),
    ];
    await client.call('CreateAlias', { AliasName: 'alias/one', TargetKeyId: keys[0] });
    const blobs: unknown[] = [];
    const pick = <Item>(items: readonly Item[]): Item | undefined =>
      items[Math.floor(Math.random() * items.length)];
    const acts = [
      () =>
        client.call('Encrypt', {
          KeyId: 'alias/one',
          Plaintext: base64('x'),
          EncryptionContext: CONTEXT,
        }),
      () =>
        client.call('GenerateDataKey', {
          KeyId: pick(keys),
          KeySpec: 'AES_256',
          EncryptionContext: CONTEXT,
        }),
      () =>
        client.call('GenerateDataKeyWithoutPlaintext', {
          KeyId: pick(keys),
          NumberOfBytes: 64,
          EncryptionContext: CONTEXT,
        }),
      () => client.call('Decrypt', { CiphertextBlob: pick(blobs), EncryptionContext: CONTEXT }),
      () =>
        client.call('Decrypt', {
          CiphertextBlob: pick(blobs),
          EncryptionContext: { Department: 'Other' },
        }),
      () => client.call('Decrypt', { CiphertextBlob: randomBytes(200).toString('base64') }),
      () =>
        client.call('ReEncrypt', {
          CiphertextBlob: pick(blobs),
          SourceEncryptionContext: CONTEXT,
          DestinationKeyId: pick(keys),
          DestinationEncryptionContext: CONTEXT,
        }),
      () =>
        client.call('CreateKey', {
          Origin: 'EXTERNAL_KEY_STORE',
          CustomKeyStoreId,
          XksKeyId: 'no-such-key',
        }),
      () => client.call('DescribeKey', { KeyId: pick(keys) }),
      () => client.call('Encrypt', { keyId: 1, KeyId: 'x'.repeat(10), Plaintext: 'no base64' }),
    ];
    for (let round = 0; round < 250; round += 1) {
      const answer = await pick(acts)?.().catch(() => undefined);
      if (answer?.['CiphertextBlob'] !== undefined) blobs.push(answer['CiphertextBlob']);
    }
    await simulator.beside('POST', '/cloudtrail/deliver');
    const result = await comparedLater(simulator.cloudTrailBucket, server, from);
    expect(result).toMatchObject({
      verdict: 'matched',
      usedHereWithoutCloudTrailEvent: { count: 0 },
      inCloudTrailNeverArrivedHere: { count: 0 },
      pending: { count: 0 },
    });
    expect(result.matched.calls).toBeGreaterThan(80);
    expect(result.matched.failedInKms).toBeGreaterThan(0);
    expect(simulator.errors).toEqual([]);
    const bucket = ['--cloudtrail', simulator.cloudTrailBucket];
    const since = ['--from', new Date(from).toISOString()];
    const command = await server.holdfast('audit', 'reconcile', ...bucket, ...since);
    expect(command).toMatchObject({ code: 0, stderr: '' });
  });
});
