import { describe, expect, it } from 'vitest';
import { status } from '../../../src/aws/acts/status.js';
import { run } from '../../../src/cli/run.js';
import { CapturedTerminal } from '../../support/captured-terminal.js';
import {
  keyStoreNamed,
  type KmsInput,
  ScriptedException,
  startScriptedKms,
} from '../../support/scripted-kms.js';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/';

/** An account of one key store, in which a key may not be described for a reason. */
function accountWith(refusal: ScriptedException | object, keys = ['seen', 'unseen', 'other']) {
  return (operation: string, { KeyId }: KmsInput): object => {
    if (operation === 'ListKeys') return { Keys: keys.map((id) => ({ KeyId: id })) };
    if (operation === 'DescribeCustomKeyStores') {
      return { CustomKeyStores: [keyStoreNamed('payroll')] };
    }
    if (KeyId === 'unseen') {
      if (refusal instanceof ScriptedException) throw refusal;
      return refusal;
    }
    const external = { CustomKeyStoreId: 'cks-payroll', XksKeyConfiguration: { Id: 'material' } };
    const more = KeyId === 'seen' ? external : {};
    return { KeyMetadata: { Arn: `${ARN}${String(KeyId)}`, KeyState: 'Enabled', ...more } };
  };
}

describe('the status of key stores', () => {
  it.each([
    [new ScriptedException('AccessDeniedException'), 'AccessDeniedException'],
    [new ScriptedException('NotFoundException'), 'NotFoundException'],
    [new ScriptedException('ThrottlingException'), 'ThrottlingException'],
    [new ScriptedException('KMSInternalException', 'no', 500), 'KMSInternalException'],
    [{ KeyMetadata: 'another form' }, undefined],
  ])(
    'one key that cannot be described (%s) → told of it, and the others are there',
    async (refusal, exception) => {
      const { kms } = await startScriptedKms(accountWith(refusal));
      const { keyStores, notLookedAt } = await status(kms, undefined);
      expect(keyStores).toMatchObject([
        { id: 'cks-payroll', keys: [{ arn: `${ARN}seen`, externalKeyId: 'material' }] },
      ]);
      expect(notLookedAt).toEqual([
        { keyId: 'unseen', exception, message: expect.any(String) as string },
      ]);
    },
  );

  it.each(['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidSignatureException'])(
    'a refusal of whoever calls (%s) → the whole fails, at the first key',
    async (name) => {
      const { kms, calls } = await startScriptedKms(
        accountWith(new ScriptedException(name), ['unseen', 'seen']),
      );
      await expect(status(kms, undefined)).rejects.toMatchObject({ name });
      expect(calls.filter(({ operation }) => operation === 'DescribeKey')).toHaveLength(1);
    },
  );

  it('two key stores of one name, and an id → both by the name, one by the id', async () => {
    const twins = ['cks-1', 'cks-2'].map((id) =>
      keyStoreNamed('payroll', { CustomKeyStoreId: id }),
    );
    const { kms } = await startScriptedKms((operation) =>
      operation === 'ListKeys' ? { Keys: [] } : { CustomKeyStores: twins },
    );
    const idsOf = async (name: string) => (await status(kms, name)).keyStores.map(({ id }) => id);
    expect(await idsOf('payroll')).toEqual(['cks-1', 'cks-2']);
    expect(await idsOf('cks-2')).toEqual(['cks-2']);
  });

  it('holdfast aws status, and a key that may not be seen → the table, the reason, exit code 4', async () => {
    const refusal = new ScriptedException('AccessDeniedException', 'not for you');
    const { endpoint } = await startScriptedKms(accountWith(refusal));
    const env = {
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'b'.repeat(40),
      AWS_REGION: 'eu-west-1',
    };
    const command = ['aws', 'status', '--endpoint-url', endpoint];
    const people = new CapturedTerminal(env);
    expect(await run(command, people)).toBe(4);
    expect(people.stdout).toMatch(
      /material +Enabled[\s\S]*unseen +AccessDeniedException: not for you/,
    );
    expect(people.stderr).toContain('1 KMS key could not be looked at');
    const programs = new CapturedTerminal(env);
    expect(await run([...command, '--json'], programs)).toBe(4);
    expect(JSON.parse(programs.stdout)).toMatchObject({
      keyStores: [{ name: 'payroll' }],
      notLookedAt: [{ keyId: 'unseen', exception: 'AccessDeniedException' }],
    });
  });
});
