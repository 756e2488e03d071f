import type { Command } from 'commander';
import { table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

/** `holdfast key-stores list` */
export function keyStoresListCommand(terminal: Terminal): Command {
  return listingCommand('list')
    .description('list key stores, without their secrets')
    .addHelpText('after', example('holdfast key-stores list'))
    .action(async (options: ListingOptions) => {
      const answer = await connect(options, terminal).call('listKeyStores', {});
      if (options.json) {
        printJson(terminal, answer);
        return;
      }
      const rows = answer.keyStores.map(({ name, uriPath, keyManager, region, accessKeyIds }) => [
        name,
        uriPath,
        keyManager,
        region ?? 'any',
        accessKeyIds.join(','),
      ]);
      terminal.print(table(['NAME', 'URI PATH', 'KEY MANAGER', 'REGION', 'ACCESS KEY IDS'], rows));
    });
}
