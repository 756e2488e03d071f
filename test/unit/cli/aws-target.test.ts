import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placeOptions } from '../../../src/cli/aws-target.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

function terminalWith(env: Readonly<Record<string, string>>) {
  const none = join(temporaryFolder(), 'none');
  const files = { AWS_CONFIG_FILE: none, AWS_SHARED_CREDENTIALS_FILE: none };
  const ignore = (): void => undefined;
  return { env: { AWS_REGION: 'eu-west-1', ...files, ...env }, print: ignore, complain: ignore };
}

describe('the place in printed commands', () => {
  it.each([
    [{}, ' --region eu-west-1'],
    [{ AWS_REGION: 'eusc-de-east-1' }, ' --region eusc-de-east-1'],
    [{ AWS_ENDPOINT_URL_KMS: 'https://kms.eu-west-1.amazonaws.com' }, ' --region eu-west-1'],
    ...[
      'https://vpce-1-2.kms.eu-west-1.vpce.amazonaws.com',
      'https://kms-fips.eu-west-1.amazonaws.com',
      'https://kms.eu-west-1.amazonaws.com.example.com',
      'http://127.0.0.1:8700',
    ].map((url): [object, string] => [
      { AWS_ENDPOINT_URL_KMS: url },
      ` --region eu-west-1 --endpoint-url ${url}`,
    ]),
  ])('%j → %s, that is where this program would go', async (env, expected) => {
    expect(await placeOptions({}, terminalWith({ ...env }))).toBe(expected);
  });

  it('a profile whose name a shell would read → one word', async () => {
    const config = join(temporaryFolder(), 'config');
    writeFileSync(config, '[profile my; id]\n');
    const terminal = terminalWith({ AWS_CONFIG_FILE: config });
    expect(await placeOptions({ profile: 'my; id' }, terminal)).toBe(
      " --region eu-west-1 --profile 'my; id'",
    );
  });
});
