import type { Command } from 'commander';
import type { Key } from '../../admin/contract/keys.js';
import { gapWarnings, usageText } from '../key-details.js';
import { table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

interface Options extends ListingOptions {
  readonly keyStore?: string;
  readonly keyManager?: string;
}

/** `holdfast keys list` */
export function keysListCommand(terminal: Terminal): Command {
  return listingCommand('list')
    .description('list external keys')
    .option('--key-store <name>', 'only keys that this key store exposes')
    .option('--key-manager <name>', 'only keys in this key manager')
    .addHelpText('after', example('holdfast keys list --key-store production'))
    .action(async ({ keyStore, keyManager, ...options }: Options) => {
      const answer = await connect(options, terminal).call('listKeys', {
        query: { keyStore, keyManager },
      });
      const { keys, gaps } = answer;
      if (options.json) printJson(terminal, answer);
      else if (keys.length > 0) terminal.print(keyTables(keys));
      else terminal.print(gaps.length === 0 ? 'No keys.\n' : 'No keys are known here.\n');
      terminal.complain(gapWarnings(gaps));
    });
}

/** Writes all keys as a table, and their problems, too long for a column, below it. */
function keyTables(keys: readonly Key[]): string {
  const problems = keys.flatMap(({ externalKeyId, keyManager, problem }) =>
    problem === undefined ? [] : [[externalKeyId, keyManager, problem]],
  );
  if (problems.length === 0) return keyTable(keys);
  return `${keyTable(keys)}\n${table(['EXTERNAL KEY ID', 'KEY MANAGER', 'PROBLEM'], problems)}`;
}

function keyTable(keys: readonly Key[]): string {
  return table(
    ['EXTERNAL KEY ID', 'KEY MANAGER', 'KEY STORES', 'USAGE', 'STATE', 'VERSION', 'CREATED'],
    keys.map((key) => [
      key.externalKeyId,
      key.keyManager,
      key.keyStores.join(','),
      usageText(key),
      key.state,
      String(key.currentVersion ?? '-'),
      key.createdAt ?? '-',
    ]),
  );
}
