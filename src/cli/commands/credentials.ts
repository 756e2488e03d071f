import type { Command } from 'commander';
import type { ShownConfirmation } from '../../admin/contract/confirmation.js';
import type { ShownCredential } from '../../admin/contract/credentials.js';
import { confirmationText } from '../confirmation-text.js';
import { record, table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { parseTime } from '../time-options.js';
import { writeSecretFile } from '../write-secret-file.js';
import {
  connect,
  example,
  listingCommand,
  type ListingOptions,
  onlineCommand,
  type OnlineOptions,
} from './options.js';

const EXAMPLE_ID = 'K7QW2Z5N3XGVYB4TJ6RMDAEC';

interface AddOptions extends ListingOptions {
  readonly keyStore: string;
  readonly label?: string;
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** `holdfast credentials add` */
export function credentialsAddCommand(terminal: Terminal): Command {
  return listingCommand('add')
    .description('make a credential for a key store, valid at once; prints its secret')
    .requiredOption('--key-store <name>', 'the key store that it is for')
    .option('--label <text>', 'what it is for; shown in listings')
    .option('--not-before <time>', 'it is not valid before: 2026-01-01T08:00Z', parseTime)
    .option('--not-after <time>', 'it is not valid from then on', parseTime)
    .addHelpText('after', example('holdfast credentials add --key-store production'))
    .action(async (options: AddOptions) => {
      const { keyStore, label, notBefore, notAfter } = options;
      const body = { label, notBefore: textOf(notBefore), notAfter: textOf(notAfter) };
      const request = { pathParameters: { keyStore }, body };
      const added = await connect(options, terminal).call('addCredential', request);
      const { accessKeyId, secretAccessKey } = added;
      if (options.json === true) printJson(terminal, added);
      else {
        const fields: [string, string][] = [
          ['Key store', keyStore],
          ['Access key id', accessKeyId],
          ['Secret access key', secretAccessKey],
        ];
        terminal.print(`${record(fields)}\n${confirmationText(added)}`);
      }
    });
}

/** `holdfast credentials list` */
export function credentialsListCommand(terminal: Terminal): Command {
  return listingCommand('list')
    .description('list credentials, those of the configuration too, without their secrets')
    .option('--key-store <name>', 'those of one key store')
    .addHelpText('after', example('holdfast credentials list --key-store production'))
    .action(async (options: ListingOptions & { readonly keyStore?: string }) => {
      const { keyStore } = options;
      const answer = await connect(options, terminal).call('listCredentials', {
        query: { keyStore },
      });
      if (options.json === true) printJson(terminal, answer);
      else if (answer.credentials.length === 0) terminal.print('No credentials.\n');
      else terminal.print(tableOf(answer.credentials));
    });
}

type EndOptions = ListingOptions & { readonly force?: boolean };

/** `holdfast credentials disable` */
export function credentialsDisableCommand(terminal: Terminal): Command {
  return endCommand('disable')
    .description('refuse what is signed with a credential, at once, until it is enabled')
    .addHelpText('after', example(`holdfast credentials disable ${EXAMPLE_ID}`))
    .action(async (accessKeyId: string, { force, ...options }: EndOptions) => {
      const request = { pathParameters: { accessKeyId }, body: { force: force === true } };
      const changed = await connect(options, terminal).call('disableCredential', request);
      tell(terminal, options, { changed, text: `The credential ${accessKeyId} is disabled.` });
    });
}

/** `holdfast credentials enable` */
export function credentialsEnableCommand(terminal: Terminal): Command {
  return changeCommand('enable')
    .description('take what is signed with a credential again')
    .addHelpText('after', example(`holdfast credentials enable ${EXAMPLE_ID}`))
    .action(async (accessKeyId: string, options: ListingOptions) => {
      const request = { pathParameters: { accessKeyId } };
      const changed = await connect(options, terminal).call('enableCredential', request);
      const now = changed.standing === 'valid' ? '' : ` It is ${changed.standing}.`;
      const text = `The credential ${accessKeyId} is enabled.${now}`;
      tell(terminal, options, { changed, text });
    });
}

/** `holdfast credentials remove` */
export function credentialsRemoveCommand(terminal: Terminal): Command {
  return endCommand('remove')
    .description('remove a credential for good, at once')
    .addHelpText('after', example(`holdfast credentials remove ${EXAMPLE_ID}`))
    .action(async (accessKeyId: string, { force, ...options }: EndOptions) => {
      const request = { pathParameters: { accessKeyId }, body: { force: force === true } };
      const changed = await connect(options, terminal).call('removeCredential', request);
      tell(terminal, options, { changed, text: `The credential ${accessKeyId} is removed.` });
    });
}

/** `holdfast credentials export` */
export function credentialsExportCommand(terminal: Terminal): Command {
  return credentialCommand('export')
    .description(
      'print the proxy configuration file that the AWS KMS console takes; holds a secret',
    )
    .option('--output <file>', 'write to a new file of mode 0600 instead')
    .addHelpText('after', example(`holdfast credentials export ${EXAMPLE_ID} --output new.json`))
    .action(async (accessKeyId: string, options: OnlineOptions & { readonly output?: string }) => {
      const request = { pathParameters: { accessKeyId } };
      const file = await connect(options, terminal).call('exportCredential', request);
      const text = `${JSON.stringify(file, undefined, 2)}\n`;
      if (options.output === undefined) terminal.print(text);
      else writeSecretFile(options.output, text);
    });
}

function credentialCommand(name: string, command = onlineCommand(name)): Command {
  return command.argument('<access-key-id>', 'the credential');
}

function changeCommand(name: string): Command {
  return credentialCommand(name, listingCommand(name));
}

function endCommand(name: string): Command {
  return changeCommand(name).option('--force', 'also where it has been used just now');
}

function tell(
  terminal: Terminal,
  { json }: ListingOptions,
  { changed, text }: { readonly changed: ShownConfirmation; readonly text: string },
): void {
  if (json === true) printJson(terminal, changed);
  else terminal.print(`${text}\n${confirmationText(changed)}`);
}

function textOf(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

function tableOf(credentials: readonly ShownCredential[]): string {
  return table(
    [
      ...['KEY STORE', 'ACCESS KEY ID', 'LABEL', 'SOURCE', 'STANDING'],
      ...['CREATED', 'NOT BEFORE', 'NOT AFTER', 'LAST USED'],
    ],
    credentials.map(({ keyStore, accessKeyId, label = '-', source, standing, ...times }) => [
      ...[keyStore, accessKeyId, label, source, standing],
      ...[times.createdAt, times.notBefore, times.notAfter, times.lastUsedAt].map(toTheMinute),
    ]),
  );
}

function toTheMinute(time = ''): string {
  return time === '' ? '-' : `${time.slice(0, 'YYYY-MM-DDTHH:MM'.length)}Z`;
}
