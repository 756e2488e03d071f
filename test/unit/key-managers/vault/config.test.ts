import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { vaultKeyManagerSchema } from '../../../../src/key-managers/vault/config.js';

const minimal = {
  name: 'bao',
  type: 'vault',
  nodes: [{ name: 'bao-1', address: 'https://bao.example.com:8200' }],
  login: { method: 'token', tokenFile: '/run/token' },
};
const node = (name: string) => ({ name, address: 'https://bao.example.com' });

describe('the configuration of a vault key manager', () => {
  it('the least → defaults', () => {
    expect(vaultKeyManagerSchema.parse(minimal)).toMatchObject({
      mountPath: 'transit',
      transitKeyTemplate: '{externalKeyId}',
      metadataMaxAgeMs: 30_000,
      keys: [],
      tls: {},
    });
  });

  it('the example → taken', () => {
    const path = new URL('../../../../config/vault-openbao.example.yaml', import.meta.url);
    const example = z.object({ keyManagers: z.tuple([vaultKeyManagerSchema]) });
    const { keyManagers } = example.parse(parse(readFileSync(path, 'utf8')));
    expect(keyManagers[0].nodes).toHaveLength(3);
  });

  it.each([
    ['https and a port', 'https://10.0.0.1:8200'],
    ['https and an IPv6 address', 'https://[fd00::1]:8200'],
    ['http on this machine', 'http://127.0.0.1:8200'],
    ['http on this machine, by IPv6', 'http://[::1]:8200'],
  ])('%s → taken', (_, address) => {
    const nodes = [{ name: 'a', address }];
    expect(vaultKeyManagerSchema.safeParse({ ...minimal, nodes }).success).toBe(true);
  });

  it.each([
    ['a token over plain HTTP', { nodes: [{ name: 'a', address: 'http://bao.example.com:8200' }] }],
    [
      'http on a name that begins alike',
      { nodes: [{ name: 'a', address: 'http://localhost.example.com' }] },
    ],
    ['an address with a path', { nodes: [{ name: 'a', address: 'https://bao.example.com/v1' }] }],
    ['an address with a user', { nodes: [{ name: 'a', address: 'https://root@bao.example.com' }] }],
    ['no nodes', { nodes: [] }],
    ['two nodes of one name', { nodes: [node('a'), node('a')] }],
    ['a mount path with a slash in front', { mountPath: '/transit' }],
    ['an unknown login', { login: { method: 'userpass' } }],
    ['a login by certificate without one', { login: { method: 'cert' } }],
    ['a certificate without a key', { tls: { clientCertificate: 'a.pem' } }],
    ['a template without the id', { transitKeyTemplate: 'xks-' }],
    ['a template with two ids', { transitKeyTemplate: '{externalKeyId}{externalKeyId}' }],
    [
      'one Transit key twice, once by the template',
      { keys: [{ externalKeyId: 'a' }, { externalKeyId: 'b', transitKey: 'a' }] },
    ],
    ['a Transit key that ends with a dot', { keys: [{ externalKeyId: 'a', transitKey: 'a.' }] }],
    ['one key twice', { keys: [{ externalKeyId: 'a' }, { externalKeyId: 'a' }] }],
    [
      'one Transit key for two',
      {
        keys: [
          { externalKeyId: 'a', transitKey: 'x' },
          { externalKeyId: 'b', transitKey: 'x' },
        ],
      },
    ],
  ])('%s → refused', (_, fields) => {
    expect(vaultKeyManagerSchema.safeParse({ ...minimal, ...fields }).success).toBe(false);
  });
});
