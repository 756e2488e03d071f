import { describe, expect, it } from 'vitest';
import type { KeyStoreConfig } from '../../../src/key-stores/config.js';
import { toConsoleExport } from '../../../src/key-stores/console-export.js';
import { KeyStore } from '../../../src/key-stores/key-store.js';
import { KeyStoreTable } from '../../../src/key-stores/key-store-table.js';
import { InvariantError } from '../../../src/shared/assert.js';
import { Secret } from '../../../src/shared/secret.js';

function keyStore(fields: Partial<KeyStoreConfig> = {}): KeyStore {
  return new KeyStore({
    name: 'payroll',
    pathPrefix: '/payroll',
    keyManager: 'files',
    exposes: 'all',
    shared: false,
    credentialInUseMinutes: 10,
    credentials: [
      { accessKeyId: 'FIRST', secretAccessKey: new Secret('first') },
      { accessKeyId: 'SECOND', secretAccessKey: new Secret('second') },
    ],
    ...fields,
  });
}

describe('KeyStore', () => {
  it.each<[KeyStoreConfig['exposes'], string, boolean]>([
    ['all', 'anything', true],
    ['all', 'holdfast-health-test', false],
    [['payroll', 'hr-*'], 'payroll', true],
    [['payroll', 'hr-*'], 'hr-1', true],
    [['payroll', 'hr-*'], 'payroll-1', false],
    [['payroll', 'hr-*'], '__proto__', false],
    [['payroll', 'hr-*'], 'constructor', false],
    [['holdfast-*'], 'holdfast-health-test', false],
    [['holdfast-*'], 'holdfast-health', true],
    [['*'], 'holdfast-health-test', false],
  ])('exposing %j, asked for %j → %j', (exposes, externalKeyId, expected) => {
    expect(keyStore({ exposes }).exposes(externalKeyId)).toBe(expected);
  });

  it.each([
    ['/payroll', '/payroll/kms/xks/v1'],
    ['', '/kms/xks/v1'],
  ])('the path prefix %j → the URI path %j', (pathPrefix, uriPath) => {
    expect(keyStore({ pathPrefix }).uriPath).toBe(uriPath);
  });

  it('printed in any way → no secret', () => {
    const store = keyStore();
    expect(JSON.stringify([...store.credentials])).not.toContain('first');
  });
});

describe('KeyStoreTable', () => {
  const payroll = keyStore();
  const table = new KeyStoreTable([payroll, keyStore({ name: 'root', pathPrefix: '' })]);

  it('a name → its key store or none', () => {
    expect(table.findByName('payroll')).toBe(payroll);
    expect(table.findByName('toString')).toBeUndefined();
    expect(table.findByName('__proto__')).toBeUndefined();
  });

  it.each([{ name: 'other' }, { pathPrefix: '/other' }])(
    'two key stores that share a name or a prefix → a defect (%j)',
    (fields) => {
      expect(() => new KeyStoreTable([keyStore(), keyStore(fields)])).toThrow(InvariantError);
    },
  );
});

it('toConsoleExport → the file that the KMS console takes', () => {
  const credential = { accessKeyId: 'FIRST', secretAccessKey: new Secret('first') };
  expect(toConsoleExport('/payroll/kms/xks/v1', credential)).toEqual({
    XksProxyUriPath: '/payroll/kms/xks/v1',
    XksProxyAuthenticationCredential: { AccessKeyId: 'FIRST', RawSecretAccessKey: 'first' },
  });
});
