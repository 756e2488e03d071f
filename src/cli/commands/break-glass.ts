import { type Command, InvalidArgumentError, Option } from 'commander';
import { confirmationText } from '../confirmation-text.js';
import { table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, listingCommand, type ListingOptions } from './options.js';

const OPEN_NOTES = `
What the policies of the key store deny is allowed for that time, on every replica. Blocks, IAM, key policies of KMS and
the list of exposed keys deny as before. The act is recorded with its reason and told as a critical event, and every
request that it lets through says so in its record (authorization.by=break-glass).

Example:
  $ holdfast break-glass open --key-store production --reason "INC-4711: policies deny the payroll run" --for 1h
`;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

interface StoreOptions extends ListingOptions {
  readonly keyStore: string;
}

interface OpenOptions extends StoreOptions {
  readonly reason: string;
  readonly for: number;
}

/** `holdfast break-glass open` */
export function breakGlassOpenCommand(terminal: Terminal): Command {
  return storeCommand('open')
    .description('overrule the policies of a key store for a while')
    .requiredOption('--reason <text>', 'why, for the record')
    .addOption(
      new Option('--for <duration>', 'how long: 30m, 1h; at most 24h')
        .argParser(parseSeconds)
        .makeOptionMandatory(),
    )
    .addHelpText('after', OPEN_NOTES)
    .action(async ({ keyStore, reason, for: seconds, ...options }: OpenOptions) => {
      const answer = await connect(options, terminal).call('openBreakGlass', {
        pathParameters: { keyStore },
        body: { reason, seconds },
      });
      if (options.json) printJson(terminal, answer);
      else {
        terminal.print(
          `The policies of ${keyStore} are overruled until ${answer.until}. ` +
            `To end it before: holdfast break-glass close --key-store ${keyStore}\n` +
            confirmationText(answer),
        );
      }
    });
}

/** `holdfast break-glass close` */
export function breakGlassCloseCommand(terminal: Terminal): Command {
  return storeCommand('close')
    .description('put the policies of a key store in force again')
    .action(async ({ keyStore, ...options }: StoreOptions) => {
      const request = { pathParameters: { keyStore } };
      const answer = await connect(options, terminal).call('closeBreakGlass', request);
      if (options.json) printJson(terminal, answer);
      else {
        const again = answer.wasOpen ? 'are in force again' : 'were in force';
        terminal.print(`The policies of ${keyStore} ${again}.\n${confirmationText(answer)}`);
      }
    });
}

/** `holdfast break-glass list` */
export function breakGlassListCommand(terminal: Terminal): Command {
  return listingCommand('list')
    .description('list the key stores whose policies are overruled now')
    .action(async (options: ListingOptions) => {
      const answer = await connect(options, terminal).call('listBreakGlass', {});
      if (options.json) printJson(terminal, answer);
      else if (answer.open.length === 0) terminal.print('All policies are in force.\n');
      else {
        const rows = answer.open.map((each) => [
          ...[each.keyStore, each.until, each.by, each.at, each.reason],
        ]);
        terminal.print(table(['KEY STORE', 'UNTIL', 'BY', 'SINCE', 'REASON'], rows));
      }
    });
}

function storeCommand(name: string): Command {
  return listingCommand(name).requiredOption('--key-store <name>', 'the key store');
}

function parseSeconds(text: string): number {
  const { count, unit } = /^(?<count>[1-9]\d{0,5})(?<unit>[smh])$/u.exec(text)?.groups ?? {};
  const seconds = Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
  if (seconds >= 1 && seconds <= 24 * 3_600) return seconds;
  throw new InvalidArgumentError('A duration is 45s, 30m or 2h: at most 24h.');
}
