import type { Command } from 'commander';
import type { Status, StatusOfKeyStore, UnseenKey } from '../../aws/acts/status.js';
import { type AwsOptions, awsCommand, kmsFor, withAdvice } from '../aws-target.js';
import { CliError, EXIT } from '../exit.js';
import { record, table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { example } from './options.js';
import { counted } from '../../shared/counted.js';

interface Options extends AwsOptions {
  readonly json?: boolean;
}

const NOTES = `
KMS has no list of the keys of a key store: every KMS key of the account is described. How long KMS has had its credential
is told by CloudWatch's XksProxyCredentialAge alone.

A KMS key that may not be described hides no other: it is listed with the reason.

The exit code is 1 when a key store is FAILED, or the one that was named is not there; 4 when nothing of that is so, but a
KMS key could not be looked at.`;

/** `holdfast aws status` */
export function awsStatusCommand(terminal: Terminal): Command {
  return awsCommand('status')
    .description('show external key stores as AWS KMS sees them, and their KMS keys')
    .argument('[name]', 'name or id of one custom key store in KMS (default: all)')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .addHelpText('after', example('holdfast aws status production'))
    .action(async (name: string | undefined, options: Options) => {
      const { status } = await import('../../aws/acts/status.js');
      const kms = await kmsFor(options, terminal);
      const found = await withAdvice(status(kms, name));
      if (options.json) printJson(terminal, { region: kms.region, ...found });
      else terminal.print([...found.keyStores.map(statusText), unseenText(found)].join('\n'));
      judge(found, name, `in ${kms.region}, for the account of these credentials`, terminal);
    });
}

/** @throws CliError for what is not well, or was not looked at */
function judge(
  { keyStores, notLookedAt }: Status,
  name: string | undefined,
  where: string,
  terminal: Terminal,
): void {
  if (keyStores.length === 0 && name !== undefined) {
    throw new CliError(EXIT.failed, `AWS KMS has no external key store ${name} ${where}`);
  }
  if (keyStores.length === 0) terminal.complain(`No external key store ${where}.\n`);
  const failed = keyStores.filter(({ connectionState }) => connectionState === 'FAILED');
  if (failed.length > 0) {
    throw new CliError(EXIT.failed, `not connected: ${failed.map((one) => one.name).join(', ')}`);
  }
  if (notLookedAt.length > 0) {
    const count = counted(notLookedAt.length, 'KMS key');
    throw new CliError(EXIT.notLookedAt, `${count} could not be looked at`);
  }
}

function unseenText({ notLookedAt }: Status): string {
  if (notLookedAt.length === 0) return '';
  const rows = notLookedAt.map((key) => [key.keyId, reasonOf(key)]);
  return table(['KMS KEY NOT LOOKED AT', 'WHY'], rows);
}

function reasonOf({ exception, message }: UnseenKey): string {
  return exception === undefined ? message : `${exception}: ${message}`;
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
