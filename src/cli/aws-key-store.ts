import { Option } from 'commander';
import type { CustomKeyStore, ProxyConfiguration } from '../aws/key-store.js';
import type { KmsClient } from '../aws/kms-client.js';
import { Secret } from '../shared/secret.js';
import { withAdvice } from './aws-target.js';
import { connect, type OnlineOptions, wholeNumber } from './commands/options.js';
import { CliError, EXIT } from './exit.js';
import type { Terminal } from './terminal.js';

/** KMS says that connecting takes minutes at most. */
const TIMEOUT_S = 900;

/** The option for the time that AWS may take. */
export function timeoutOption(): Option {
  return new Option('--timeout <seconds>', 'wait so long for AWS at most')
    .argParser(wholeNumber(1))
    .default(TIMEOUT_S);
}

/** Asks the running server for path and credential of a key store. @throws CliError */
export async function proxyConfiguration(
  keyStore: string,
  options: OnlineOptions & { readonly accessKeyId?: string | undefined },
  terminal: Terminal,
): Promise<ProxyConfiguration> {
  const exported = await connect(options, terminal).call('exportKeyStore', {
    pathParameters: { keyStore },
    query: { accessKeyId: options.accessKeyId },
  });
  const { AccessKeyId, RawSecretAccessKey } = exported.XksProxyAuthenticationCredential;
  return {
    uriPath: exported.XksProxyUriPath,
    accessKeyId: AccessKeyId,
    secretAccessKey: new Secret(RawSecretAccessKey),
  };
}

/** Finds the key store with this name or id in KMS. @throws CliError where there is none */
export async function requireKeyStore(kms: KmsClient, name: string): Promise<CustomKeyStore> {
  const { findKeyStore } = await import('../aws/key-store.js');
  const found = await withAdvice(findKeyStore(kms, name));
  if (found !== undefined) return found;
  throw new CliError(
    EXIT.failed,
    `AWS KMS has no external key store ${name} in ${kms.region} for these credentials. Its name in KMS may be another: --name.`,
  );
}

/** A key store as the server has it. */
export interface ServedKeyStore {
  readonly name: string;
  readonly uriPath: string;
  readonly accessKeyIds: readonly string[];
}

/** Finds a key store of the running server. @throws CliError where it has none of that name */
export async function servedKeyStore(
  keyStore: string,
  options: OnlineOptions,
  terminal: Terminal,
): Promise<ServedKeyStore> {
  const { keyStores } = await connect(options, terminal).call('listKeyStores', {});
  const found = keyStores.find(({ name }) => name === keyStore);
  if (found !== undefined) return found;
  const names = keyStores.map(({ name }) => name).join(', ');
  throw new CliError(
    EXIT.failed,
    `The server has no key store "${keyStore}". It has: ${names || 'none'}.`,
  );
}

/**
 * Finds the server's key store in KMS: by what was named, or by path and credential, which tell it
 * from every other one, or by the name that it has here. Another one is never given the credential.
 *
 * @param named its name or id in KMS, where somebody has said it
 * @throws CliError where there is none, or several, or another one has the name
 */
export async function storeInKms(
  kms: KmsClient,
  served: ServedKeyStore,
  named: string | undefined,
): Promise<CustomKeyStore> {
  const { listKeyStores, onlyOne } = await import('../aws/key-store.js');
  const isServed = ({ XksProxyConfiguration: proxy }: CustomKeyStore): boolean =>
    proxy?.UriPath === served.uriPath && served.accessKeyIds.includes(proxy.AccessKeyId);
  const find = async (): Promise<CustomKeyStore | undefined> =>
    onlyOne(
      (await listKeyStores(kms)).filter(isServed),
      `have the path ${served.uriPath} and a credential of ${served.name}`,
    );
  const known = named === undefined ? await withAdvice(find()) : undefined;
  const store = known ?? (await requireKeyStore(kms, named ?? served.name));
  const path = store.XksProxyConfiguration?.UriPath ?? '';
  if (path === served.uriPath) return store;
  throw new CliError(
    EXIT.failed,
    `${store.CustomKeyStoreName} (${store.CustomKeyStoreId}) in KMS has the path ${path}, and ${served.name} has ${served.uriPath}: it is another key store. Name the right one with --name.`,
  );
}
