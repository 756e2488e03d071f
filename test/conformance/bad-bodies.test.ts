import { beforeAll, describe, expect, it } from 'vitest';
import { type HoldfastServer, startHoldfast } from '../support/holdfast-server.js';
import { XksClient } from '../support/xks-client.js';
import { type Body, encryptBody, healthBody, metadataBody } from '../support/xks-requests.js';
import { expectError, expectSuccess } from './expectations.js';

let server: HoldfastServer;
let client: XksClient;

beforeAll(async () => {
  server = await startHoldfast();
  client = new XksClient(server);
  return async () => {
    client.close();
    expect(await server.stop()).toBe(0);
  };
});

const operations = [
  'health',
  ...['metadata', 'encrypt', 'decrypt'].map((o) => `keys/quickstart-key/${o}`),
];
const json = JSON.stringify(encryptBody());
const wrongTypes = [null, true, 0, -1, 'text', [], [{}], {}];

describe('a signed body that is not what was asked for is ValidationException', () => {
  const bodies: [string, string | Buffer | Body][] = [
    ['nothing', ''],
    ['white space', ' \n'],
    ['cut short', json.slice(0, -1)],
    ['with something behind it', `${json}x`],
    ['two documents', `${json}${json}`],
    ['behind a byte order mark', `\ufeff${json}`],
    ['in UTF-16', Buffer.from(json, 'utf16le')],
    ['with a byte that is not UTF-8', Buffer.from(json.replace('Alice', 'Al\xefce'), 'latin1')],
    ['with a NUL', `${json.slice(0, -1)}\0}`],
    ['with single quotes', "{'requestMetadata':{}}"],
    ['100,000 brackets', '['.repeat(100_000)],
    ['deep and whole', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    [
      'only a prototype',
      '{"__proto__":{"requestMetadata":{"kmsRequestId":"x","kmsOperation":"y"}}}',
    ],
    [
      'metadata in a prototype',
      '{"requestMetadata":{"__proto__":{"kmsRequestId":"x","kmsOperation":"y"}}}',
    ],
    ['a constructor', '{"constructor":{"prototype":{"requestMetadata":{}}}}'],
    ['a form', 'requestMetadata=x&plaintext=y'],
    ...wrongTypes.map((type): [string, Body | string] => [
      `metadata that is ${JSON.stringify(type)}`,
      JSON.stringify({ ...encryptBody(), requestMetadata: type }),
    ]),
    ...wrongTypes.map((type): [string, string] => [JSON.stringify(type), JSON.stringify(type)]),
  ];
  it.each(bodies)('%s', async (_title, body) => {
    for (const operation of operations) {
      expectError(await client.call(operation, body), 'ValidationException');
    }
    expectSuccess(await client.call('health', healthBody()));
  });
});

it('names of JavaScript are key ids like others, and fields like others', async () => {
  for (const id of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
    expectError(await client.call(`keys/${id}/metadata`, metadataBody()), 'KeyNotFoundException');
    const body = JSON.stringify(healthBody()).replace('{', `{"${id}":{"status":500},`);
    expectSuccess(await client.call('health', body));
  }
});

it('the last of two fields of one name counts, as JSON.parse and KMS have it', async () => {
  const twice = JSON.stringify(healthBody()).replace('{', '{"requestMetadata":7,');
  expectSuccess(await client.call('health', twice));
});
