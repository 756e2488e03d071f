import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../src/key-managers/backend.js';
import { makeNssToken, type NssToken } from './nss.js';
import { type TestToken, testPin } from './pkcs11.js';
import { makeSoftHsmToken, type SoftHsmToken } from './softhsm.js';
import { actOnToken } from './token-tool.js';

const TEST_MATERIAL = Buffer.from('0123456789abcdef0123456789abcdef');

/**
 * Makes a token with imported keys for the length of a test.
 *
 * @param keys their labels and material, the health-test key's beside
 */
export async function tokenWith(keys: Readonly<Record<string, Buffer>>): Promise<SoftHsmToken> {
  const token = await makeSoftHsmToken();
  onTestFinished(() => {
    token.remove();
  });
  const all = { [HEALTH_TEST_KEY_ID]: TEST_MATERIAL, ...keys };
  for (const [label, material] of Object.entries(all)) {
    await token.importKey(label, '1', material);
  }
  return token;
}

/** Makes a token of another vendor with imported keys for the length of a test. */
export async function nssTokenWith(keys: Readonly<Record<string, Buffer>>): Promise<NssToken> {
  const token = await makeNssToken();
  onTestFinished(() => {
    token.remove();
  });
  const all = Object.entries({ [HEALTH_TEST_KEY_ID]: TEST_MATERIAL, ...keys });
  await actOnToken(
    token,
    ...all.map(
      ([label, material]) => ['import', { label, material: material.toString('base64') }] as const,
    ),
  );
  return token;
}

/** Configures a key manager of a token, in which the label is the external key's id. */
export function tokenKeyManager(name: string, { config, folder, token }: TestToken): object {
  const { module, environment, libraryParameters, profile } = config;
  const variables = Object.fromEntries(environment.map((one) => [one.name, one.value]));
  const pin = join(folder, 'pin');
  writeFileSync(pin, testPin.reveal(), { mode: 0o600 });
  return {
    name,
    type: 'pkcs11',
    module,
    ...(libraryParameters === undefined ? {} : { libraryParameters }),
    environment: variables,
    profile,
    children: 1,
    countersDirectory: join(folder, 'counters'),
    nodes: [{ name, token, pin: `\${file:${pin}}` }],
    keyLabel: '{externalKeyId}',
  };
}
