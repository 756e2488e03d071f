import type { Command } from 'commander';
import type { ShownFailedAuthentications } from '../../admin/contract/failed-authentications.js';
import { table } from '../table.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

/** `holdfast credentials failures` */
export function credentialsFailuresCommand(terminal: Terminal): Command {
  return listingCommand('failures')
    .description('list who failed authentication most at this replica, since its start')
    .addHelpText('after', example('holdfast credentials failures'))
    .action(async (options: ListingOptions) => {
      const answer = await connect(options, terminal).call('listFailedAuthentications', {});
      if (options.json === true) printJson(terminal, answer);
      else terminal.print(textOf(answer));
    });
}

function textOf({ since, total, addresses, accessKeyIds }: ShownFailedAuthentications): string {
  if (total === 0) return `No failed authentication since ${since}.\n`;
  return [
    `${total} failed authentications since ${since}.\n`,
    countsText('ADDRESS', addresses),
    countsText('ACCESS KEY ID', accessKeyIds),
  ].join('\n');
}

function countsText(
  heading: string,
  { top, others }: ShownFailedAuthentications['addresses'],
): string {
  const rows = top.map(({ name, count, firstAt, lastAt, lastFailure }) => [
    ...[name, String(count), firstAt, lastAt, lastFailure],
  ]);
  if (others > 0) rows.push(['all others', String(others), '-', '-', '-']);
  return table([heading, 'FAILED', 'FIRST', 'LAST', 'LAST FAULT'], rows);
}
