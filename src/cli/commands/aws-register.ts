import type { Command } from 'commander';
import {
  type AwsOptions,
  changingAwsCommand,
  kmsFor,
  placeOptions,
  withAdvice,
} from '../aws-target.js';
import { proxyConfiguration, timeoutOption } from '../aws-key-store.js';
import { shellWord } from '../shell-word.js';
import type { Terminal } from '../terminal.js';
import { example } from './options.js';

interface Options extends AwsOptions {
  readonly endpoint: string;
  readonly name?: string;
  readonly vpcEndpointService?: string;
  readonly key?: string;
  readonly alias?: string;
  readonly accessKeyId?: string;
  readonly timeout: number;
}

const NOTES = `
Creates the custom key store in AWS KMS, connects it, waits, and creates a first KMS key (--key). Path and credential come
from the running server. What is done already stays as it is, so that the command can be repeated.`;

/** `holdfast aws register` */
export function awsRegisterCommand(terminal: Terminal): Command {
  return changingAwsCommand('register')
    .description('register a key store with AWS KMS, and connect it')
    .argument('<key-store>', 'key store of the running server')
    .requiredOption('--endpoint <url>', 'https:// and the name by which KMS reaches the server')
    .option('--name <name>', 'name in KMS (default: that of the key store)')
    .option('--vpc-endpoint-service <name>', 'by this VPC endpoint service, not a public endpoint')
    .option('--access-key-id <id>', 'which credential of the key store (default: the first)')
    .option('--key <external-key-id>', 'create a KMS key on this external key')
    .option('--alias <name>', 'alias of that KMS key, such as alias/payroll')
    .addOption(timeoutOption())
    .addHelpText('after', NOTES)
    .addHelpText(
      'after',
      example(
        'holdfast aws register production --endpoint https://xks.example.com --key payroll --alias alias/payroll',
      ),
    )
    .action(async (keyStore: string, options: Options) => {
      if (options.print) terminal.print(await commandsFor(keyStore, options, terminal));
      else await registerKeyStore(keyStore, options, terminal);
    });
}

async function registerKeyStore(
  keyStore: string,
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const { register } = await import('../../aws/acts/register.js');
  const proxy = await proxyConfiguration(keyStore, options, terminal);
  const registration = {
    name: options.name ?? keyStore,
    uriEndpoint: options.endpoint,
    vpcEndpointService: options.vpcEndpointService,
    externalKeyId: options.key,
    alias: options.alias,
    timeoutMs: options.timeout * 1000,
  };
  const tell = (step: string): void => {
    terminal.print(`${step}\n`);
  };
  await withAdvice(register(await kmsFor(options, terminal), proxy, registration, tell));
}

/** The file that the first line makes holds the secret; no command line does. */
async function commandsFor(
  keyStore: string,
  { endpoint, name = keyStore, vpcEndpointService, key, alias, accessKeyId, ...options }: Options,
  terminal: Terminal,
): Promise<string> {
  const place = await placeOptions(options, terminal);
  const settings = {
    CustomKeyStoreName: name,
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConnectivity:
      vpcEndpointService === undefined ? 'PUBLIC_ENDPOINT' : 'VPC_ENDPOINT_SERVICE',
    XksProxyVpcEndpointServiceName: vpcEndpointService,
    XksProxyUriEndpoint: endpoint,
  };
  const id = accessKeyId === undefined ? '' : ` --access-key-id ${shellWord(accessKeyId)}`;
  const stateNow = `aws kms describe-custom-key-stores${place} --custom-key-store-id "$store" --query 'CustomKeyStores[0].ConnectionState' --output text`;
  const lines = [
    'umask 077',
    `holdfast key-stores export ${shellWord(keyStore)}${id} --output xks-proxy.json`,
    `jq ${shellWord(`. + ${JSON.stringify(settings)}`)} xks-proxy.json > create.json`,
    `store=$(aws kms create-custom-key-store${place} --cli-input-json file://create.json --query CustomKeyStoreId --output text)`,
    'shred -u create.json xks-proxy.json',
    `aws kms connect-custom-key-store${place} --custom-key-store-id "$store"`,
    `while [ "$(${stateNow})" = CONNECTING ]; do sleep 5; done; ${stateNow}`,
  ];
  if (key !== undefined) {
    lines.push(
      `key=$(aws kms create-key${place} --origin EXTERNAL_KEY_STORE --custom-key-store-id "$store" --xks-key-id ${shellWord(key)} --query KeyMetadata.KeyId --output text)`,
    );
  }
  if (key !== undefined && alias !== undefined) {
    lines.push(
      `aws kms create-alias${place} --alias-name ${shellWord(alias)} --target-key-id "$key"`,
    );
  }
  return `${lines.join('\n')}\n`;
}
