import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';
import { counted } from '../../shared/counted.js';

interface Options extends ListingOptions {
  readonly to: readonly string[];
}

/** `holdfast keys move` */
export function keysMoveCommand(terminal: Terminal): Command {
  return listingCommand('move')
    .description(
      'move the keys of a key manager to the state store or to a folder, while they serve',
    )
    .argument('<key-manager>', 'key manager of the type file or sealed')
    .requiredOption(
      '--to <place...>',
      '"database": the state store, in PostgreSQL or in files; or "folder" and the path of an empty one',
    )
    .addHelpText('after', example('holdfast keys move files --to database'))
    .action(async (keyManager: string, { to, ...options }: Options) => {
      const answer = await connect(options, terminal).call('moveKeys', {
        pathParameters: { keyManager },
        body: parseTarget(to),
      });
      if (options.json) {
        printJson(terminal, answer);
        return;
      }
      terminal.print(
        `Moved ${counted(answer.keys, 'key')} to ${answer.place}, which serves ` +
          'them now; the key of the health checks is counted, too. Change the ' +
          `configuration of "${keyManager}" accordingly before the next start: ${advice(to)}.\n`,
      );
      if (to[0] !== 'database' || answer.isShared) return;
      terminal.complain(
        'warning: the state store here is a folder of this machine, so no other replica can use ' +
          'the keys. For several replicas it has to be in PostgreSQL ("state.type: postgres").\n',
      );
    });
}

function parseTarget([to, directory, ...more]: readonly string[]) {
  if (to === 'database' && directory === undefined) return { to } as const;
  if (to === 'folder' && directory !== undefined && more.length === 0) {
    return { to, directory: resolve(directory) } as const;
  }
  throw new CliError(EXIT.usage, 'Allowed after --to: database; or folder and its path.');
}

function advice([to, directory = '']: readonly string[]): string {
  if (to === 'database') return '"type: sealed", without "directory"';
  return `"type: file" and "directory: ${resolve(directory)}"`;
}
