import { expect, it } from 'vitest';
import { Kms } from '../../../src/rehearse/stage/kms.js';
import { Secret } from '../../../src/shared/secret.js';
import { ScriptedException, startScriptedKms } from '../../support/scripted-kms.js';

it.each([
  ['Decrypt', new ScriptedException('ThrottlingException')],
  ['DescribeKey', new ScriptedException('KMSInternalException', 'no', 500)],
])(
  '%s that fails with %s → one attempt, as the account and CloudTrail count it',
  async (operation, refusal) => {
    const { endpoint, calls } = await startScriptedKms(() => {
      throw refusal;
    });
    const credentials = { accessKeyId: 'A', secretAccessKey: new Secret('b'.repeat(40)) };
    const kms = new Kms({ endpoint, region: 'eu-west-1', credentials });
    await expect(kms.call(operation, {})).rejects.toMatchObject({ name: refusal.name });
    expect(calls).toHaveLength(1);
    expect(kms.takeCalls()).toMatchObject([{ operation, exception: { name: refusal.name } }]);
  },
);
