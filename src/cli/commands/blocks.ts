import type { Command } from 'commander';
import type { ChangedBlocks, ShownBlock } from '../../admin/contract/blocks.js';
import type { AdminClient } from '../admin-client.js';
import { confirmationLines } from '../confirmation-text.js';
import { table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { keyCommand, type KeyOptions, onKey } from './keys-acts.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

interface ReasonOption {
  readonly reason: string;
}

/** `holdfast keys block` */
export function keysBlockCommand(terminal: Terminal): Command {
  return withReason(keyCommand('block'))
    .description('refuse every use of a key or an alias, at once')
    .addHelpText('after', example('holdfast keys block payroll --reason "incident 4711"'))
    .action(async (id: string, options: KeyOptions & ReasonOption) => {
      const request = { ...onKey(id, options), body: { reason: options.reason } };
      await tell(terminal, options, (client) => client.call('blockKey', request));
    });
}

/** `holdfast keys unblock` */
export function keysUnblockCommand(terminal: Terminal): Command {
  return withReason(keyCommand('unblock'))
    .description('lift the block of a key or an alias')
    .addHelpText('after', example('holdfast keys unblock payroll --reason "incident 4711 is over"'))
    .action(async (id: string, options: KeyOptions & ReasonOption) => {
      const request = { ...onKey(id, options), body: { reason: options.reason } };
      await tell(terminal, options, (client) => client.call('unblockKey', request));
    });
}

/** `holdfast key-stores block` */
export function keyStoresBlockCommand(terminal: Terminal): Command {
  return keyStoreCommand('block')
    .description('refuse every use of the keys of a key store, at once')
    .addHelpText('after', example('holdfast key-stores block payroll --reason "incident 4711"'))
    .action(async (keyStore: string, options: ListingOptions & ReasonOption) => {
      const request = { pathParameters: { keyStore }, body: { reason: options.reason } };
      await tell(terminal, options, (client) => client.call('blockKeyStore', request));
    });
}

/** `holdfast key-stores unblock` */
export function keyStoresUnblockCommand(terminal: Terminal): Command {
  return keyStoreCommand('unblock')
    .description('lift the block of a key store')
    .addHelpText('after', example('holdfast key-stores unblock payroll --reason "it is over"'))
    .action(async (keyStore: string, options: ListingOptions & ReasonOption) => {
      const request = { pathParameters: { keyStore }, body: { reason: options.reason } };
      await tell(terminal, options, (client) => client.call('unblockKeyStore', request));
    });
}

const ROLE = 'arn:aws:iam::111122223333:role/Payroll';

/** `holdfast principals block` */
export function principalsBlockCommand(terminal: Terminal): Command {
  return principalsCommand('block')
    .description('refuse callers by their ARN or the name of their service, at once')
    .addHelpText('after', example(`holdfast principals block '${ROLE}' --reason "incident 4711"`))
    .action(async (pattern: string, options: ListingOptions & ReasonOption) => {
      const request = { body: { pattern, reason: options.reason } };
      await tell(terminal, options, (client) => client.call('blockPrincipals', request));
    });
}

/** `holdfast principals unblock` */
export function principalsUnblockCommand(terminal: Terminal): Command {
  return principalsCommand('unblock')
    .description('lift the block of callers, by the pattern that they were blocked with')
    .addHelpText('after', example(`holdfast principals unblock '${ROLE}' --reason "it is over"`))
    .action(async (pattern: string, options: ListingOptions & ReasonOption) => {
      const request = { body: { pattern, reason: options.reason } };
      await tell(terminal, options, (client) => client.call('unblockPrincipals', request));
    });
}

/** `holdfast blocks list` */
export function blocksListCommand(terminal: Terminal): Command {
  return listingCommand('list')
    .description('list what is blocked, and the blocks that were lifted')
    .addHelpText('after', example('holdfast blocks list'))
    .action(async (options: ListingOptions) => {
      const answer = await connect(options, terminal).call('listBlocks', {});
      if (options.json === true) printJson(terminal, answer);
      else terminal.print(answer.blocks.length === 0 ? 'No blocks.\n' : tableOf(answer.blocks));
    });
}

function withReason(command: Command): Command {
  return command.requiredOption('--reason <text>', 'why; it is kept and shown');
}

function keyStoreCommand(name: string): Command {
  return withReason(listingCommand(name).argument('<name>', 'the key store'));
}

function principalsCommand(name: string): Command {
  return withReason(
    listingCommand(name).argument('<arn-pattern>', 'ARN or name of a service; * for any text'),
  );
}

async function tell(
  terminal: Terminal,
  options: ListingOptions,
  act: (client: AdminClient) => Promise<ChangedBlocks>,
): Promise<void> {
  const changed = await act(connect(options, terminal));
  if (options.json === true) printJson(terminal, changed);
  else terminal.print(changedText(changed));
}

function changedText(changed: ChangedBlocks): string {
  const { blocks, doesNotReach } = changed;
  const lines = [
    ...blocks.map(({ kind, name, keyManager, blocked }) => {
      const where = keyManager === undefined ? '' : ` of the key manager ${keyManager}`;
      return `${spoken(kind)} ${name}${where} is ${blocked ? 'blocked' : 'not blocked any more'}.`;
    }),
    ...confirmationLines(changed),
    ...keptText(changed),
    ...(doesNotReach.length === 0 ? [] : ['It does not stop:']),
    ...doesNotReach.map((sentence) => `  - ${sentence}`),
  ];
  return `${lines.join('\n')}\n`;
}

function keptText({ kept, problem = '' }: ChangedBlocks): readonly string[] {
  if (kept === 'store') return [];
  const until =
    kept === 'replica' ? '' : ', and is lost if this process ends before that (state.sealing)';
  return [`The state store is told of it when it can be (${problem})${until}.`];
}

function spoken(kind: ShownBlock['kind']): string {
  return { key: 'The key', 'key-store': 'The key store', principal: 'The principal' }[kind];
}

function tableOf(blocks: readonly ShownBlock[]): string {
  return table(
    ['KIND', 'NAME', 'KEY MANAGER', 'BLOCKED', 'SINCE', 'BY', 'REASON'],
    blocks.map(({ kind, name, keyManager = '-', blocked, at, by, reason }) => [
      ...[kind, name, keyManager, blocked ? 'yes' : 'no', at, by, reason],
    ]),
  );
}
