import { readFileSync } from 'node:fs';
import { callKms } from './kms-caller.mjs';

const KEY_STORE = 'holdfast';
export const ALIAS = 'alias/holdfast';
export const EXTERNAL_KEY = 'quickstart-key';

/** An error that waiting does not mend. */
export class Fatal extends Error {}

/**
 * Registers the proxy, unless that was done before, and connects.
 *
 * @param {import('./kms-caller.mjs').Kms} kms
 * @param {string} proxyConfiguration path of the JSON file for the KMS console
 * @param {(attempt: () => Promise<true | undefined>) => Promise<true>} until tries until there is
 *   a result
 * @returns {Promise<string>} the id of the custom key store
 */
export async function register(kms, proxyConfiguration, until) {
  const made = await findKeyStore(kms);
  const id = made?.CustomKeyStoreId ?? (await createKeyStore(kms, proxyConfiguration));
  if (made?.ConnectionState === 'FAILED') {
    await callKms(kms, 'DisconnectCustomKeyStore', { CustomKeyStoreId: id });
  }
  await callKms(kms, 'ConnectCustomKeyStore', { CustomKeyStoreId: id });
  await until(async () => {
    const store = await findKeyStore(kms);
    if (store?.ConnectionState === 'FAILED') {
      throw new Fatal(`The key store cannot connect: ${store.ConnectionErrorCode}.`);
    }
    return store?.ConnectionState === 'CONNECTED' ? true : undefined;
  });
  return id;
}

/**
 * @param {import('./kms-caller.mjs').Kms} kms
 * @returns {Promise<import('./kms-caller.mjs').KeyStore | undefined>}
 */
async function findKeyStore(kms) {
  const { CustomKeyStores: stores } = await callKms(kms, 'DescribeCustomKeyStores', {});
  return stores?.find((store) => store.CustomKeyStoreName === KEY_STORE);
}

/**
 * @param {import('./kms-caller.mjs').Kms} kms
 * @param {string} proxyConfiguration
 * @returns {Promise<string>} its id
 */
async function createKeyStore(kms, proxyConfiguration) {
  /** @type {object} */
  const given = JSON.parse(readFileSync(proxyConfiguration, 'utf8'));
  const { CustomKeyStoreId: id = '' } = await callKms(kms, 'CreateCustomKeyStore', {
    CustomKeyStoreName: KEY_STORE,
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConnectivity: 'PUBLIC_ENDPOINT',
    XksProxyUriEndpoint: 'https://localhost',
    ...given,
  });
  return id;
}

/**
 * Creates a KMS key and its alias, unless that was done before.
 *
 * @param {import('./kms-caller.mjs').Kms} kms
 * @param {string} customKeyStoreId
 */
export async function makeKey(kms, customKeyStoreId) {
  const { Aliases: aliases } = await callKms(kms, 'ListAliases', {});
  if (aliases?.some(({ AliasName: name }) => name === ALIAS)) return;
  const { KeyMetadata: key } = await callKms(kms, 'CreateKey', {
    Origin: 'EXTERNAL_KEY_STORE',
    CustomKeyStoreId: customKeyStoreId,
    XksKeyId: EXTERNAL_KEY,
    Description: 'npm run try:kms',
  });
  await callKms(kms, 'CreateAlias', { AliasName: ALIAS, TargetKeyId: key?.KeyId });
}
