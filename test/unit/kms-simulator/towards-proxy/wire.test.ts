import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/shared/clock.js';
import { Secret } from '../../../../src/shared/secret.js';
import { SignatureVerifier } from '../../../../src/sigv4/verifier.js';
import { credentialsIn } from '../../../support/credentials.js';
import {
  callOf,
  keyIn,
  makeKeyStores,
  REGION,
  setScene,
  settingsOf,
  wayTo,
} from '../../../support/kms-simulator/key-stores.js';
import type { SeenRequest } from '../../../support/kms-simulator/small-proxy.js';

const AAD = Buffer.from('context');
const PLAINTEXT = Buffer.from('a plaintext');

/** The server's own verifier, which shares nothing with the signer. */
function verify({ method, path, rawHeaders, text }: SeenRequest, secret = 'a'.repeat(43)): string {
  const verifier = new SignatureVerifier({
    credentials: credentialsIn({ ABCDEFGHIJKLMNOPQRST: secret }),
    region: REGION,
    clock: systemClock,
    decoySecret: new Secret('b'.repeat(43)),
  });
  return verifier.verify({ method, path, rawHeaders, body: Buffer.from(text) });
}

function last(requests: readonly SeenRequest[]): SeenRequest {
  const request = requests.at(-1);
  if (request === undefined) throw new Error('nothing came');
  return request;
}

describe('a request to the proxy', () => {
  it('is signed over host and x-amz-date alone, for kms-xks-proxy in the region', async () => {
    const { keyStores, proxy, key } = await setScene();
    await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    const request = last(proxy.requests);
    const date = request.headers['x-amz-date'];
    expect(request.method).toBe('POST');
    expect(request.headers.host).toBe('xks.example.com');
    expect(request.headers['content-type']).toBe('application/json');
    expect(request.headers['transfer-encoding']).toBeUndefined();
    expect(request.headers.authorization).toMatch(
      new RegExp(
        `^AWS4-HMAC-SHA256 Credential=ABCDEFGHIJKLMNOPQRST/${String(date).slice(0, 8)}/${REGION}/kms-xks-proxy/aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}$`,
      ),
    );
    expect(verify(request)).toBe('ABCDEFGHIJKLMNOPQRST');
  });

  it.each([
    ['a secret of 64 characters', { secret: 'abc+/='.repeat(10) + 'abcd' }],
    ['a path that begins with two slashes', { uriPath: '//kms/xks/v1' }],
    ['a path without a prefix', { uriPath: '/kms/xks/v1' }],
    ['the external key ..', { xksKeyId: '..' }],
    ['the external key .', { xksKeyId: '.' }],
    ['an external key of 128 characters', { xksKeyId: 'a-_.'.repeat(32) }],
  ])('has its path as it is and a valid signature with %s', async (_what, changes) => {
    const {
      uriPath = '/small/kms/xks/v1',
      xksKeyId = 'key-1',
      secret = 'a'.repeat(43),
    } = {
      ...changes,
    } as { uriPath?: string; xksKeyId?: string; secret?: string };
    const credential = { accessKeyId: 'ABCDEFGHIJKLMNOPQRST', secretAccessKey: secret };
    const { keyStores, proxy, id } = await setScene({}, settingsOf({ uriPath, credential }));
    const key = keyIn(id, { xksKeyId });
    await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    const request = last(proxy.requests);
    expect(request.path).toBe(`${uriPath}/keys/${xksKeyId}/encrypt`);
    expect(verify(request, secret)).toBe('ABCDEFGHIJKLMNOPQRST');
  });

  it('is one line of JSON with the integrity value asked for, and never the plaintext of KMS', async () => {
    const { keyStores, proxy, key } = await setScene();
    await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    const { text, body } = last(proxy.requests);
    expect(text).not.toContain('\n');
    expect(body['encryptionAlgorithm']).toBe('AES_GCM');
    expect(body['ciphertextDataIntegrityValueAlgorithm']).toBe('SHA_256');
    const inner = Buffer.from(String(body['plaintext']), 'base64');
    expect(inner.length).toBe(PLAINTEXT.length + 28);
    expect(inner.includes(PLAINTEXT)).toBe(false);
  });

  it('carries all metadata of a call with a service, in a VPC, in the account of the key', async () => {
    const { keyStores, proxy, key } = await setScene();
    const call = callOf('GenerateDataKey', {
      viaService: 's3.eu-west-1.amazonaws.com',
      sourceVpc: 'vpc-1',
      sourceVpce: 'vpce-1',
    });
    await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, call);
    expect(last(proxy.requests).body.requestMetadata).toEqual({
      awsPrincipalArn: call.principalArn,
      awsSourceVpc: 'vpc-1',
      awsSourceVpce: 'vpce-1',
      kmsKeyArn: key.arn,
      kmsOperation: 'GenerateDataKey',
      kmsRequestId: call.requestId,
      kmsViaService: 's3.eu-west-1.amazonaws.com',
    });
  });

  it('tells nothing of a VPC to the proxy of another account', async () => {
    const { keyStores, proxy, key } = await setScene();
    const call = callOf('Encrypt', {
      account: '999999999999',
      sourceVpc: 'vpc-1',
      sourceVpce: 'vpce-1',
    });
    await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, call);
    expect(Object.keys(last(proxy.requests).body.requestMetadata).sort()).toEqual([
      'awsPrincipalArn',
      'kmsKeyArn',
      'kmsOperation',
      'kmsRequestId',
    ]);
  });

  it('names neither key nor service for CreateKey, and neither principal nor VPC for health', async () => {
    const { keyStores, proxy, id } = await setScene();
    const call = callOf('CreateKey', { viaService: 's3.amazonaws.com', sourceVpc: 'vpc-1' });
    await keyStores.cryptography.inspect(id, 'key-2', call);
    expect(last(proxy.requests).body.requestMetadata).toEqual({
      awsPrincipalArn: call.principalArn,
      awsSourceVpc: 'vpc-1',
      kmsOperation: 'CreateKey',
      kmsRequestId: call.requestId,
    });
    await keyStores.connections.checkAll();
    expect(last(proxy.requests).body.requestMetadata).toEqual({
      kmsOperation: 'KmsHealthCheck',
      kmsRequestId: expect.any(String) as string,
    });
  });

  it('is made once more with the same request id when no answer comes in 250 ms, and no third time', async () => {
    const { keyStores, proxy, key } = await setScene();
    proxy.lie('encrypt', () => undefined);
    const before = proxy.requests.length;
    const call = callOf('Encrypt');
    await expect(keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, call)).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
    });
    const made = proxy.requests.slice(before);
    expect(made.map(({ body }) => body.requestMetadata['kmsRequestId'])).toEqual([
      call.requestId,
      call.requestId,
    ]);
    expect(made[0]?.text).toBe(made[1]?.text);
  });

  it('succeeds when the second attempt is answered', async () => {
    const { keyStores, proxy, key } = await setScene();
    let count = 0;
    proxy.lie('encrypt', (honest) => ((count += 1) === 1 ? undefined : honest));
    const sealed = await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    const opened = await keyStores.cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'));
    expect(opened).toEqual(PLAINTEXT);
  });

  it('is not made again for an error that the proxy answers', async () => {
    const { keyStores, proxy, key } = await setScene();
    const before = proxy.requests.length;
    proxy.lie('encrypt', (_honest, _request, response) => {
      response.writeHead(503, { 'Content-Type': 'application/json' });
      response.end('{"errorName":"DependencyTimeoutException"}');
      return undefined;
    });
    const encrypted = keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    await expect(encrypted).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    expect(proxy.requests.length).toBe(before + 1);
  });

  it('goes over another connection when the one that was kept has been closed', async () => {
    const { keyStores, proxy, key } = await setScene();
    proxy.lie('encrypt', (honest, _request, response) => {
      response.once('finish', () => response.socket?.destroy());
      return honest;
    });
    for (let round = 0; round < 20; round += 1) {
      await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    }
  });
});

describe('what KMS is asked to suffer', () => {
  it('a slow network → a timeout, though the proxy is quick', async () => {
    const { keyStores, proxy, key, faults } = await setScene();
    const before = proxy.requests.length;
    faults.set({ latencyMs: 260 });
    const encrypted = keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    await expect(encrypted).rejects.toMatchObject({
      message: expect.stringMatching(/did not respond in time/) as string,
    });
    expect(proxy.requests.length).toBe(before);
  });

  it('a lost connection → the proxy has served it, and the caller has an error', async () => {
    const { keyStores, proxy, key, faults } = await setScene();
    faults.set({ lostConnections: 1 });
    const encrypted = keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    await expect(encrypted).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringMatching(
        /cannot communicate with the external key store proxy/,
      ) as string,
    });
    faults.set({});
    await expect(
      keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt')),
    ).resolves.toBeInstanceOf(Buffer);
    expect(proxy.requests.at(-1)?.body['plaintext']).toBeDefined();
  });

  it('a clock that is wrong, and another region → they stand in the signature', async () => {
    const { keyStores, proxy, key, faults } = await setScene();
    faults.set({ clockSkewSeconds: -86_400, signedRegion: 'us-gov-west-1' });
    await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    const { headers } = last(proxy.requests);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    expect(headers['x-amz-date']?.slice(0, 8)).toBe(yesterday.replaceAll('-', ''));
    expect(headers.authorization).toContain('/us-gov-west-1/kms-xks-proxy/');
  });

  it.each([
    { latencyMs: -1 },
    { lostConnections: 2 },
    { clockSkewSeconds: 1.5 },
    { signedRegion: 'EUROPE' },
    { nonsense: true },
    'latency',
    null,
  ])('refuses %j', async (settings) => {
    const { faults } = await setScene();
    expect(() => faults.set(settings)).toThrow();
  });
});

describe('a connection that cannot be had', () => {
  it('with a certificate of an authority that is not trusted → the text about TLS', async () => {
    const { proxy } = await setScene();
    const { resolve } = wayTo(proxy);
    const { keyStores } = makeKeyStores({ resolve });
    const created = keyStores.administration.create(settingsOf(), callOf('CreateCustomKeyStore'));
    await expect(created).rejects.toMatchObject({
      name: 'XksProxyUriUnreachableException',
      message: expect.stringMatching(/cannot establish a TLS connection/) as string,
    });
  });

  it('with another name in the certificate → the text about TLS', async () => {
    const { proxy } = await setScene();
    const host = 'other.example.com';
    const { keyStores } = makeKeyStores({
      resolve: [{ host, address: '127.0.0.1', port: proxy.port }],
      ca: proxy.ca,
    });
    const created = keyStores.administration.create(
      settingsOf({ uriEndpoint: `https://${host}` }),
      callOf('CreateCustomKeyStore', { requestId: randomUUID() }),
    );
    await expect(created).rejects.toMatchObject({
      message: expect.stringMatching(/cannot establish a TLS connection/) as string,
    });
  });
});
