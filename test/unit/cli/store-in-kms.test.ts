import { describe, expect, it } from 'vitest';
import { storeInKms } from '../../../src/cli/aws-key-store.js';
import { keyStoreNamed, startScriptedKms } from '../../support/scripted-kms.js';

const SERVED = { name: 'payroll', uriPath: '/payroll/kms/xks/v1', accessKeyIds: ['A', 'B'] };

/** A key store in KMS. */
function store(id: string, name: string, proxy: object) {
  const XksProxyConfiguration = {
    AccessKeyId: 'A',
    UriEndpoint: 'https://xks.example.com',
    UriPath: SERVED.uriPath,
    Connectivity: 'PUBLIC_ENDPOINT',
    ...proxy,
  };
  return keyStoreNamed(name, { CustomKeyStoreId: `cks-${id}`, XksProxyConfiguration });
}

const OTHER_PATH = { UriPath: '/other/kms/xks/v1' };
const FOREIGN = { AccessKeyId: 'FOREIGN' };

async function found(stores: readonly object[], named?: string) {
  const { kms } = await startScriptedKms(() => ({ CustomKeyStores: stores }));
  return storeInKms(kms, SERVED, named).then(
    ({ CustomKeyStoreId }) => CustomKeyStoreId,
    (error: unknown) => (error as Error).message,
  );
}

describe("a server's key store in KMS", () => {
  it('under another name in KMS → found by its path and credential', async () => {
    const stores = [store('1', 'payroll', OTHER_PATH), store('2', 'salaries', {})];
    expect(await found(stores)).toBe('cks-2');
  });

  it('with a credential that the server does not know any more → found by its name', async () => {
    expect(await found([store('1', 'payroll', FOREIGN)])).toBe('cks-1');
  });

  it('two with its path and credential → said, with the id of each', async () => {
    const elsewhere = { UriEndpoint: 'https://other.example.com' };
    const stores = [
      store('1', 'payroll', {}),
      store('2', 'copy', { ...elsewhere, AccessKeyId: 'B' }),
    ];
    expect(await found(stores)).toMatch(/cks-1 .*cks-2 .*by its id/);
  });

  it.each([['salaries'], ['cks-2']])('named %s → that', async (named) => {
    const stores = [store('1', 'payroll', {}), store('2', 'salaries', {})];
    expect(await found(stores, named)).toBe('cks-2');
  });

  it.each([[undefined], ['payroll'], ['cks-1']])(
    'only another key store has the name (--name %s) → refused, and never given the credential',
    async (named) => {
      const refusal = await found([store('1', 'payroll', OTHER_PATH)], named);
      expect(refusal).toMatch(/cks-1.* has the path \/other.*it is another key store/);
    },
  );

  it('none → said', async () => {
    expect(await found([])).toContain('has no external key store payroll');
  });
});
