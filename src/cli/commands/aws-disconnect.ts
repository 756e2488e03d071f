import type { Command } from 'commander';
import { requireKeyStore, timeoutOption } from '../aws-key-store.js';
import {
  type AwsOptions,
  changingAwsCommand,
  kmsFor,
  placeOptions,
  storeIdCommand,
  withAdvice,
} from '../aws-target.js';
import type { Terminal } from '../terminal.js';
import { example } from './options.js';

interface Options extends AwsOptions {
  readonly timeout: number;
}

/** `holdfast aws disconnect` */
export function awsDisconnectCommand(terminal: Terminal): Command {
  return changingAwsCommand('disconnect')
    .description('disconnect a key store in AWS KMS: its keys cannot be used until it is connected')
    .argument('<name>', 'name or id of the custom key store in KMS')
    .addOption(timeoutOption())
    .addHelpText('after', example('holdfast aws disconnect production'))
    .action(async (name: string, options: Options) => {
      if (options.print) terminal.print(await commandsFor(name, options, terminal));
      else await disconnectKeyStore(name, options, terminal);
    });
}

async function disconnectKeyStore(
  name: string,
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const { disconnect } = await import('../../aws/acts/disconnect.js');
  const kms = await kmsFor(options, terminal);
  const store = await requireKeyStore(kms, name);
  await withAdvice(disconnect(kms, store, { timeoutMs: options.timeout * 1000 }));
  terminal.print(`${name} is DISCONNECTED. Its KMS keys are Unavailable.\n`);
}

async function commandsFor(name: string, options: Options, terminal: Terminal): Promise<string> {
  const place = await placeOptions(options, terminal);
  return `${storeIdCommand(place, name)}
aws kms disconnect-custom-key-store${place} --custom-key-store-id "$store"
`;
}
