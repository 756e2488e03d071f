import { describe, expect, it } from 'vitest';
import { register } from '../../../src/aws/acts/register.js';
import { Secret } from '../../../src/shared/secret.js';
import {
  keyStoreNamed,
  type KmsInput,
  ScriptedException,
  startScriptedKms,
} from '../../support/scripted-kms.js';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1';
const PROXY = { uriPath: '/kms/xks/v1', accessKeyId: 'A', secretAccessKey: new Secret('s') };
const REGISTRATION = {
  name: 'payroll',
  uriEndpoint: 'https://xks.example.com',
  vpcEndpointService: undefined,
  externalKeyId: 'material',
  alias: 'alias/payroll',
  timeoutMs: 1_000,
  pollMs: 1,
};

/** An account with a connected key store, and a KMS key on its external key in a state. */
function accountWith(KeyState: string, changes: KmsInput = {}) {
  return (operation: string): object => {
    if (operation === 'ListKeys') return { Keys: [{ KeyId: '1' }] };
    if (operation === 'DescribeCustomKeyStores') {
      return { CustomKeyStores: [keyStoreNamed('payroll', changes)] };
    }
    const XksKeyConfiguration = { Id: 'material' };
    const CustomKeyStoreId = 'cks-payroll';
    return { KeyMetadata: { Arn: ARN, KeyState, CustomKeyStoreId, XksKeyConfiguration } };
  };
}

async function registered(answer: (operation: string, input: KmsInput) => object) {
  const { kms, calls } = await startScriptedKms(answer);
  const told: string[] = [];
  const outcome = await register(kms, PROXY, REGISTRATION, (step) => told.push(step)).catch(
    (error: unknown) => error as Error,
  );
  return { outcome, told: told.join('\n'), operations: calls.map(({ operation }) => operation) };
}

describe('a registration that is repeated', () => {
  it('a KMS key that is PendingDeletion → not taken as there: said, with the way back, and no alias', async () => {
    const { outcome, told, operations } = await registered(accountWith('PendingDeletion'));
    expect(outcome).toMatchObject({
      name: 'KeyPendingDeletionError',
      message: expect.stringContaining(`aws kms cancel-key-deletion --key-id ${ARN}`) as string,
    });
    expect(told).not.toContain('The KMS key');
    expect(operations).not.toContain('CreateKey');
    expect(operations).not.toContain('CreateAlias');
  });

  it('a KMS key that is Disabled → there, and how to enable it', async () => {
    const { outcome, told } = await registered(accountWith('Disabled'));
    expect(outcome).toBeUndefined();
    expect(told).toContain(`aws kms enable-key --key-id ${ARN}`);
  });

  it('a KMS key that may not be described, which may be on the external key → said before another is made', async () => {
    const { told, operations } = await registered((operation) => {
      if (operation === 'DescribeKey') throw new ScriptedException('AccessDeniedException');
      return accountWith('Enabled')(operation);
    });
    expect(told).toMatch(/1 KMS keys could not be looked at[\s\S]*Created the KMS key/);
    expect(operations).toContain('CreateKey');
  });

  it('a key store of that name by a VPC endpoint service → another way than was asked for', async () => {
    const XksProxyConfiguration = {
      ...(keyStoreNamed('payroll')['XksProxyConfiguration'] as object),
      Connectivity: 'VPC_ENDPOINT_SERVICE',
      VpcEndpointServiceName: 'com.amazonaws.vpce.eu-west-1.vpce-svc-1',
    };
    const { outcome } = await registered(accountWith('Enabled', { XksProxyConfiguration }));
    expect(outcome).toMatchObject({
      name: 'OtherProxyError',
      message: expect.stringMatching(
        /by the VPC endpoint service .*, not for .*public endpoint/,
      ) as string,
    });
  });

  it('two key stores of that name → said, with the id of each, and nothing is done', async () => {
    const twins = ['cks-1', 'cks-2'].map((id) =>
      keyStoreNamed('payroll', { CustomKeyStoreId: id }),
    );
    const { outcome, operations } = await registered(() => ({ CustomKeyStores: twins }));
    expect(outcome).toMatchObject({
      name: 'SeveralKeyStoresError',
      message: expect.stringMatching(/cks-1 .*cks-2 .*by its id/) as string,
    });
    expect(operations).toEqual(['DescribeCustomKeyStores']);
  });

  it('the key store is renamed while it connects → found by its id', async () => {
    let looks = 0;
    const states = ['DISCONNECTED', 'CONNECTING', 'CONNECTED'];
    const { outcome, operations } = await registered((operation, { CustomKeyStoreId }) => {
      if (operation !== 'DescribeCustomKeyStores') return accountWith('Enabled')(operation);
      const name = CustomKeyStoreId === undefined ? 'payroll' : 'renamed';
      const ConnectionState = states[looks] ?? 'CONNECTED';
      looks += 1;
      const id = { CustomKeyStoreId: 'cks-payroll' };
      return { CustomKeyStores: [keyStoreNamed(name, { ConnectionState, ...id })] };
    });
    expect(outcome).toBeUndefined();
    expect(operations).toContain('ConnectCustomKeyStore');
  });
});
