import type { Command } from 'commander';
import type { StatusOfKeyStore } from '../../aws/acts/status.js';
import { type AwsOptions, awsCommand, kmsFor, withAdvice } from '../aws-target.js';
import { CliError, EXIT } from '../exit.js';
import { record, table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { example } from './options.js';

interface Options extends AwsOptions {
  readonly json?: boolean;
}

const NOTES = `
KMS has no list of the keys of a key store: every KMS key of the account is described. How long KMS has had its credential
is told by CloudWatch's XksProxyCredentialAge alone.

The exit code is 1 when a key store is FAILED, or the one that was named is not there.`;

/** `holdfast aws status` */
export function awsStatusCommand(terminal: Terminal): Command {
  return awsCommand('status')
    .description('show external key stores as AWS KMS sees them, and their KMS keys')
    .argument('[name]', 'name of one custom key store in KMS (default: all)')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .addHelpText('after', example('holdfast aws status production'))
    .action(async (name: string | undefined, options: Options) => {
      const { status } = await import('../../aws/acts/status.js');
      const kms = await kmsFor(options, terminal);
      const keyStores = await withAdvice(status(kms, name));
      if (options.json) printJson(terminal, { region: kms.region, keyStores });
      else terminal.print(keyStores.map(statusText).join('\n'));
      const where = `in ${kms.region}, for the account of these credentials`;
      if (keyStores.length === 0 && name !== undefined) {
        throw new CliError(EXIT.failed, `AWS KMS has no external key store ${name} ${where}`);
      }
      if (keyStores.length === 0) terminal.complain(`No external key store ${where}.\n`);
      const failed = keyStores.filter(({ connectionState }) => connectionState === 'FAILED');
      if (failed.length > 0) {
        throw new CliError(
          EXIT.failed,
          `not connected: ${failed.map((one) => one.name).join(', ')}`,
        );
      }
    });
}

function statusText(keyStore: StatusOfKeyStore): string {
  const { connectionErrorCode: code, advice, keys } = keyStore;
  const facts = record([
    ['Key store', `${keyStore.name}  ${keyStore.id}`],
    ['State', keyStore.connectionState],
    ...(code === undefined
      ? []
      : ([
          ['Error code', code],
          ['What to do', advice ?? ''],
        ] as const)),
    ['Proxy', keyStore.uri],
    ['Credential', keyStore.accessKeyId],
  ]);
  if (keys.length === 0) return `${facts}KMS keys: none\n`;
  const rows = keys.map(({ externalKeyId, state, arn }) => [externalKeyId, state, arn]);
  return `${facts}\n${table(['EXTERNAL KEY', 'STATE', 'KMS KEY'], rows)}`;
}
