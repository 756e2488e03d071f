import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../src/xks/paths.js';

describe('a path of the API', () => {
  it.each([
    ['/kms/xks/v1/health', '', 'GetHealthStatus', undefined],
    ['//kms/xks/v1/health', '', 'GetHealthStatus', undefined],
    ['/store/kms/xks/v1/health', '/store', 'GetHealthStatus', undefined],
    ['/a/b_c-D/kms/xks/v1/keys/key.1_-A/encrypt', '/a/b_c-D', 'Encrypt', 'key.1_-A'],
    ['/kms/xks/v1/kms/xks/v1/keys/k/decrypt', '/kms/xks/v1', 'Decrypt', 'k'],
    ['/store/kms/xks/v1/keys/__proto__/metadata', '/store', 'GetKeyMetadata', '__proto__'],
    [
      `/store/kms/xks/v1/keys/${'k'.repeat(128)}/metadata`,
      '/store',
      'GetKeyMetadata',
      'k'.repeat(128),
    ],
  ])('%s', (target, pathPrefix, operation, externalKeyId) => {
    const parsed = parseTarget(target);
    expect(parsed).toMatchObject({ pathPrefix, operation: { name: operation } });
    expect(
      parsed !== undefined && 'externalKeyId' in parsed ? parsed.externalKeyId : undefined,
    ).toBe(externalKeyId);
  });
});

describe('what is no path of the API', () => {
  it.each([
    [''],
    ['/'],
    ['*'],
    ['kms/xks/v1/health'],
    ['/kms/xks/v1'],
    ['/kms/xks/v1/'],
    ['/kms/xks/v1/health/'],
    ['/kms/xks/v1/health?x=1'],
    ['/kms/xks/v1/health#x'],
    ['/kms/xks/v1/Health'],
    ['/KMS/xks/v1/health'],
    ['/kms/xks/v2/health'],
    ['/kms/xks/v1/keys/k'],
    ['/kms/xks/v1/keys//encrypt'],
    ['/kms/xks/v1/keys/k/Encrypt'],
    ['/kms/xks/v1/keys/k/sign'],
    ['/kms/xks/v1/keys/k/constructor'],
    ['/kms/xks/v1/keys/a%2fb/encrypt'],
    ['/kms/xks/v1/keys/a b/encrypt'],
    ['/kms/xks/v1/keys/k/encrypt\n'],
    ['/store%2fx/kms/xks/v1/health'],
    ['/store.x/kms/xks/v1/health'],
    ['http://localhost/kms/xks/v1/health'],
    ['https://localhost/store/kms/xks/v1/health'],
    [`/kms/xks/v1/keys/${'k'.repeat(129)}/encrypt`],
  ])('%j', (target) => {
    expect(parseTarget(target)).toBeUndefined();
  });
});
