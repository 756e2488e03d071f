import type { Command } from 'commander';
import type { Alias } from '../../admin/contract/aliases.js';
import type { KeyFilter } from '../../admin/contract/keys.js';
import { table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

interface CreateOptions extends ListingOptions {
  readonly target: string;
  readonly keyStore?: string;
}

interface MoveOptions extends ListingOptions {
  readonly target: string;
  readonly keyManager?: string;
}

/** `holdfast keys alias create` */
export function aliasCreateCommand(terminal: Terminal): Command {
  return listingCommand('create')
    .description('make an alias: an external key id that points to a key and can be moved')
    .argument('<alias>', 'external key id that no key has, as AWS KMS is given it (XksKeyId)')
    .requiredOption('--target <id>', 'the key that it points to')
    .option('--key-store <name>', 'key store of both, where several expose them')
    .addHelpText('after', example('holdfast keys alias create payroll --target payroll-2026'))
    .action(async (alias: string, { target, keyStore, ...options }: CreateOptions) => {
      const body = { alias, target, keyStore };
      tell(terminal, options, await connect(options, terminal).call('createAlias', { body }));
    });
}

/** `holdfast keys alias move` */
export function aliasMoveCommand(terminal: Terminal): Command {
  return aliasCommand('move')
    .description('point an alias to another key; what was encrypted before still opens')
    .requiredOption('--target <id>', 'the key that it is to point to')
    .addHelpText('after', example('holdfast keys alias move payroll --target payroll-2027'))
    .action(async (alias: string, { target, keyManager, ...options }: MoveOptions) => {
      const request = { pathParameters: { alias }, query: { keyManager }, body: { target } };
      tell(terminal, options, await connect(options, terminal).call('moveAlias', request));
    });
}

/** `holdfast keys alias delete` */
export function aliasDeleteCommand(terminal: Terminal): Command {
  return aliasCommand('delete')
    .description('refuse an alias from now on; its name stays taken')
    .addHelpText('after', example('holdfast keys alias delete payroll'))
    .action(async (alias: string, { keyManager, ...options }: MoveOptions) => {
      const request = { pathParameters: { alias }, query: { keyManager } };
      tell(terminal, options, await connect(options, terminal).call('deleteAlias', request));
    });
}

/** `holdfast keys alias list` */
export function aliasListCommand(terminal: Terminal): Command {
  return listingCommand('list')
    .description('list aliases, the deleted ones too')
    .option('--key-store <name>', 'only aliases of this key store')
    .option('--key-manager <name>', 'only aliases in this key manager')
    .addHelpText('after', example('holdfast keys alias list'))
    .action(async ({ keyStore, keyManager, ...options }: ListingOptions & KeyFilter) => {
      const query = { keyStore, keyManager };
      const answer = await connect(options, terminal).call('listAliases', { query });
      if (options.json === true) printJson(terminal, answer);
      else
        terminal.print(answer.aliases.length === 0 ? 'No aliases.\n' : aliasTable(answer.aliases));
    });
}

function aliasCommand(name: string): Command {
  return listingCommand(name)
    .argument('<alias>', 'the alias')
    .option(
      '--key-manager <name>',
      'the key manager of its keys, where several have such an alias',
    );
}

function tell(terminal: Terminal, { json }: ListingOptions, alias: Alias): void {
  if (json === true) printJson(terminal, alias);
  else if (alias.enabled) terminal.print(`${alias.alias} points to ${alias.target}.\n`);
  else terminal.print(`${alias.alias} is deleted.\n`);
}

function aliasTable(aliases: readonly Alias[]): string {
  return table(
    ['ALIAS', 'KEY STORE', 'STATE', 'TARGET', 'FORMER TARGETS'],
    aliases.map(({ alias, keyStore, enabled, target, formerTargets }) => [
      alias,
      keyStore,
      enabled ? 'enabled' : 'deleted',
      target,
      formerTargets.join(',') || '-',
    ]),
  );
}
