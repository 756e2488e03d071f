import type { Command } from 'commander';
import { gapWarnings, keyDetails } from '../key-details.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

interface Options extends ListingOptions {
  readonly keyStore?: string;
  readonly keyManager?: string;
}

/** `holdfast keys show` */
export function keysShowCommand(terminal: Terminal): Command {
  return listingCommand('show')
    .description('show everything about one external key')
    .argument('<id>', 'external key id')
    .option('--key-store <name>', 'the key store that exposes it, where several keys have this id')
    .option(
      '--key-manager <name>',
      'the key manager that holds it, where several keys have this id',
    )
    .addHelpText('after', example('holdfast keys show payroll'))
    .action(async (externalKeyId: string, { keyStore, keyManager, ...options }: Options) => {
      const key = await connect(options, terminal).call('showKey', {
        pathParameters: { externalKeyId },
        query: { keyStore, keyManager },
      });
      if (options.json) printJson(terminal, key);
      else terminal.print(keyDetails(key));
      terminal.complain(gapWarnings(key.gaps));
    });
}
