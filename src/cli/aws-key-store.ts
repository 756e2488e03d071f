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

/** Finds the key store of this name in KMS. @throws CliError where there is none */
export async function requireKeyStore(kms: KmsClient, name: string): Promise<CustomKeyStore> {
  const { findKeyStore } = await import('../aws/key-store.js');
  const found = await withAdvice(findKeyStore(kms, name));
  if (found !== undefined) return found;
  throw new CliError(
    EXIT.failed,
    `AWS KMS has no external key store ${name} in ${kms.region} for these credentials. Its name in KMS may be another: --name.`,
  );
}
