import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

/** `holdfast notify test` */
export function notifyTestCommand(terminal: Terminal): Command {
  return listingCommand('test')
    .description('send a test event to a webhook now, and show what its receiver answers')
    .argument('<name>', 'name of the webhook in the configuration')
    .addHelpText('after', example('holdfast notify test siem'))
    .action(async (webhook: string, options: ListingOptions) => {
      const request = { pathParameters: { webhook } };
      const answer = await connect(options, terminal).call('testNotification', request);
      const { accepted, status, failure } = answer;
      if (options.json) printJson(terminal, answer);
      if (!accepted) {
        throw new CliError(EXIT.failed, `${webhook} did not take the test event: ${failure}.`);
      }
      if (!options.json) terminal.print(`${webhook} took the test event: it answered ${status}.\n`);
    });
}
