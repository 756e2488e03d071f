import type { Command } from 'commander';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';
import { counted } from '../../shared/counted.js';

/** `holdfast state recover` */
export function stateRecoverCommand(terminal: Terminal): Command {
  return listingCommand('recover')
    .description(
      'bring back to a state store that has lost changes what this replica knows better; every ' +
        'count of encryptions is unknown afterwards',
    )
    .addHelpText('after', example('holdfast state recover'))
    .action(async (options: ListingOptions) => {
      const answer = await connect(options, terminal).call('recoverState', {});
      if (options.json) {
        printJson(terminal, answer);
        return;
      }
      const names = answer.broughtBack.map(({ collection, id }) => `  ${collection} ${id}\n`);
      terminal.print(
        `The state store takes changes again. Brought back: ${counted(names.length, 'document')}.\n` +
          `${names.join('')}Run the same on every replica whose "holdfast status" says gone-back.\n`,
      );
    });
}
