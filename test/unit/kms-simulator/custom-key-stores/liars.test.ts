import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { callOf, setScene } from '../../../support/kms-simulator/key-stores.js';
import {
  bytesOf,
  integrityValue,
  type Lie,
  type SeenRequest,
} from '../../../support/kms-simulator/small-proxy.js';

const UNINTERPRETABLE = /^AWS KMS cannot interpret the response/;
const NOT_IN_TIME = /did not respond in time/;
const OTHER_PLAINTEXT = /^The ciphertext that the external key store proxy submitted/;
const AAD = Buffer.from('context');
const PLAINTEXT = Buffer.from('a plaintext of KMS');

/** An answer as bytes, whatever they are. */
function raw(text: string | Buffer, contentType = 'application/json', status = 200): Lie {
  return (_honest, _request, response) => {
    response.writeHead(status, { 'Content-Type': contentType }).end(text);
    return undefined;
  };
}

function spread(honest: object, changes: object): Record<string, unknown> {
  return { ...honest, ...changes };
}

function base64(bytes: number): string {
  return Buffer.alloc(bytes, 7).toString('base64');
}

/** The honest answer with other fields, and the integrity value that belongs to them. */
function consistent(honest: Record<string, unknown>, changes: object, { body }: SeenRequest) {
  const answer = spread(honest, changes);
  const fields = ['ciphertextMetadata', 'initializationVector', 'ciphertext', 'authenticationTag'];
  const parts = fields.map((field) => bytesOf(answer[field]));
  const aad = bytesOf(body['additionalAuthenticatedData']);
  return spread(answer, { ciphertextDataIntegrityValue: integrityValue(aad, ...parts) });
}

async function drip(honest: object, response: ServerResponse): Promise<undefined> {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  for (const character of JSON.stringify(honest)) {
    if (response.destroyed) return undefined;
    response.write(character);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  response.end();
  return undefined;
}

const anyOperation: readonly (readonly [what: string, lie: Lie, message: RegExp])[] = [
  [
    'several lines',
    (honest, _r, response) => raw(JSON.stringify(honest, null, 2))({}, _r, response),
    UNINTERPRETABLE,
  ],
  ['no JSON', raw('<html>'), UNINTERPRETABLE],
  ['an array', raw('[]'), UNINTERPRETABLE],
  ['null', raw('null'), UNINTERPRETABLE],
  ['nothing', raw(''), UNINTERPRETABLE],
  ['no UTF-8', raw(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), UNINTERPRETABLE],
  [
    'a byte order mark',
    (honest, _r, response) => raw(`\ufeff${JSON.stringify(honest)}`)({}, _r, response),
    UNINTERPRETABLE,
  ],
  [
    'another content type',
    (honest, _r, response) => raw(JSON.stringify(honest), 'text/plain')({}, _r, response),
    UNINTERPRETABLE,
  ],
  [
    'status 201',
    (honest, _r, response) =>
      raw(JSON.stringify(honest), 'application/json', 201)({}, _r, response),
    UNINTERPRETABLE,
  ],
  [
    'a redirection',
    (_h, _r, response) => {
      response
        .writeHead(302, { Location: '/elsewhere', 'Content-Type': 'application/json' })
        .end('{}');
      return undefined;
    },
    UNINTERPRETABLE,
  ],
  [
    'an error without a name',
    raw('{"errorMessage":"no"}', 'application/json', 500),
    UNINTERPRETABLE,
  ],
  [
    'an error that is not in the table',
    raw('{"errorName":"Oops"}', 'application/json', 500),
    UNINTERPRETABLE,
  ],
  [
    'an errorMessage of 512 characters',
    raw(
      JSON.stringify({ errorName: 'KeyNotFoundException', errorMessage: 'x'.repeat(512) }),
      'application/json',
      404,
    ),
    UNINTERPRETABLE,
  ],
  [
    'an errorMessage with a control character',
    raw(
      JSON.stringify({ errorName: 'KeyNotFoundException', errorMessage: 'a\u0007' }),
      'application/json',
      404,
    ),
    UNINTERPRETABLE,
  ],
  ['a megabyte', (honest) => spread(honest, { padding: 'x'.repeat(1_000_000) }), UNINTERPRETABLE],
  [
    'a body that breaks off',
    (honest, _r, response) => {
      const text = JSON.stringify(honest);
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': text.length,
      });
      response.write(text.slice(0, 20), () => response.destroy());
      return undefined;
    },
    UNINTERPRETABLE,
  ],
  [
    'bytes that are no HTTP',
    (_h, _r, response) => {
      response.socket?.end('no HTTP\r\n\r\n');
      return undefined;
    },
    UNINTERPRETABLE,
  ],
  ['a drip of one byte every 20 ms', (honest, _r, response) => drip(honest, response), NOT_IN_TIME],
  ['no answer', () => undefined, NOT_IN_TIME],
];

const ofEncrypt: readonly (readonly [what: string, changes: Record<string, unknown>])[] = [
  ['a tag of 15 bytes', { authenticationTag: base64(15) }],
  ['a tag of 12 bytes', { authenticationTag: base64(12) }],
  ['a tag of 17 bytes', { authenticationTag: base64(17) }],
  ['no tag', { authenticationTag: undefined }],
  ['an IV of 11 bytes', { initializationVector: base64(11) }],
  ['an IV of 14 bytes', { initializationVector: base64(14) }],
  ['no IV', { initializationVector: undefined }],
  ['metadata of 21 bytes', { ciphertextMetadata: base64(21) }],
  ['metadata that are null', { ciphertextMetadata: null }],
  ['a ciphertext that is longer', { ciphertext: base64(100) }],
  ['a ciphertext that is empty', { ciphertext: '' }],
  ['no ciphertext', { ciphertext: undefined }],
  ['a ciphertext that is a number', { ciphertext: 7 }],
  ['base64 without padding', { authenticationTag: base64(16).replaceAll('=', '') }],
  [
    'base64 of the URL alphabet',
    { authenticationTag: Buffer.alloc(16, 0xff).toString('base64url') },
  ],
];

describe('a proxy that lies', () => {
  it.each(anyOperation)(
    'answers Encrypt with %s → KMSInvalidStateException',
    async (_w, lie, message) => {
      const { keyStores, proxy, key } = await setScene();
      proxy.lie('encrypt', lie);
      const encrypted = keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
      await expect(encrypted).rejects.toMatchObject({
        name: 'KMSInvalidStateException',
        message: expect.stringMatching(message) as string,
      });
    },
  );

  it.each(ofEncrypt)('encrypts to %s → KMSInvalidStateException', async (_what, changes) => {
    const { keyStores, proxy, key } = await setScene();
    proxy.lie('encrypt', (honest, request) => consistent(honest, changes, request));
    const encrypted = keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    await expect(encrypted).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringMatching(UNINTERPRETABLE) as string,
    });
  });

  it.each([
    ['of other bytes', integrityValue(Buffer.from('other'))],
    ['of 31 bytes', base64(31)],
    ['that is absent', undefined],
  ])('gives an integrity value %s → KMSInvalidStateException', async (_what, value) => {
    const { keyStores, proxy, key } = await setScene();
    proxy.lie('encrypt', (honest) => spread(honest, { ciphertextDataIntegrityValue: value }));
    const encrypted = keyStores.cryptography.encrypt(
      key,
      PLAINTEXT,
      AAD,
      callOf('GenerateDataKey'),
    );
    await expect(encrypted).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringMatching(UNINTERPRETABLE) as string,
    });
  });

  it('flips a bit of each field after the integrity value is made → KMSInvalidStateException', async () => {
    const { keyStores, proxy, key } = await setScene();
    for (const field of [
      'ciphertext',
      'ciphertextMetadata',
      'initializationVector',
      'authenticationTag',
    ]) {
      proxy.lie('encrypt', (honest) => {
        const bytes = bytesOf(honest[field]);
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        return spread(honest, { [field]: bytes.toString('base64') });
      });
      await expect(
        keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt')),
      ).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    }
  });

  it.each([
    [
      'one bit other',
      (plaintext: Buffer) =>
        Buffer.from(plaintext.map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
      OTHER_PLAINTEXT,
    ],
    ['zeroes', (plaintext: Buffer) => Buffer.alloc(plaintext.length), OTHER_PLAINTEXT],
    ['shorter', (plaintext: Buffer) => plaintext.subarray(1), UNINTERPRETABLE],
    ['longer', (plaintext: Buffer) => Buffer.concat([plaintext, Buffer.alloc(1)]), UNINTERPRETABLE],
    ['empty', () => Buffer.alloc(0), UNINTERPRETABLE],
  ])(
    'decrypts to a plaintext that is %s → KMSInvalidStateException',
    async (_what, change, message) => {
      const { keyStores, proxy, key } = await setScene();
      const sealed = await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
      proxy.lie('decrypt', (honest) => {
        const plaintext = change(bytesOf(honest['plaintext']));
        return spread(honest, { plaintext: plaintext.toString('base64') });
      });
      const decrypted = keyStores.cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'));
      await expect(decrypted).rejects.toMatchObject({
        name: 'KMSInvalidStateException',
        message: expect.stringMatching(message) as string,
      });
    },
  );

  it('decrypts to the plaintext of another call → KMSInvalidStateException', async () => {
    const { keyStores, proxy, key } = await setScene();
    const { cryptography } = keyStores;
    const other = await cryptography.encrypt(
      key,
      PLAINTEXT,
      Buffer.from('other'),
      callOf('Encrypt'),
    );
    const sealed = await cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    let kept = {};
    proxy.lie('decrypt', (honest) => (kept = honest));
    await cryptography.decrypt(key, other, Buffer.from('other'), callOf('Decrypt'));
    proxy.lie('decrypt', () => kept);
    await expect(cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'))).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringMatching(OTHER_PLAINTEXT) as string,
    });
  });

  it.each<readonly [string, object, string]>([
    ['another type of key', { keySpec: 'AES_128' }, 'XksKeyInvalidConfigurationException'],
    ['a disabled key', { keyStatus: 'DISABLED' }, 'XksKeyInvalidConfigurationException'],
    ['a key that only encrypts', { keyUsage: ['ENCRYPT'] }, 'XksKeyInvalidConfigurationException'],
    ['a key without usages', { keyUsage: [] }, 'XksKeyInvalidConfigurationException'],
    ['a status of its own', { keyStatus: 'FINE' }, 'CustomKeyStoreInvalidStateException'],
    [
      'eleven usages',
      { keyUsage: Array<string>(11).fill('ENCRYPT') },
      'CustomKeyStoreInvalidStateException',
    ],
    ['usages that are no list', { keyUsage: 'ENCRYPT' }, 'CustomKeyStoreInvalidStateException'],
    ['no type of key', { keySpec: undefined }, 'CustomKeyStoreInvalidStateException'],
  ])('tells metadata of %s → CreateKey fails', async (_what, changes, name) => {
    const { keyStores, proxy, id } = await setScene();
    proxy.lie('metadata', (honest) => spread(honest, changes));
    const inspected = keyStores.cryptography.inspect(id, 'key-1', callOf('CreateKey'));
    await expect(inspected).rejects.toMatchObject({ name });
  });
});
