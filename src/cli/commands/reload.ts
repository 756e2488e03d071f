import type { Command } from 'commander';
import type { ReloadAnswer, ReloadPreview } from '../../admin/contract/reload.js';
import { CliError, EXIT } from '../exit.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

interface Options extends ListingOptions {
  readonly dryRun?: boolean;
  readonly init?: boolean;
}

/** `holdfast reload` */
export function reloadCommand(terminal: Terminal): Command {
  return listingCommand('reload')
    .description(
      'put in force what the configuration file says now, while requests run; where it cannot be ' +
        'done, nothing changes',
    )
    .option('--dry-run', 'only show what would change, and whether it can be done')
    .option('--init', 'begin key managers that are new and have no keys yet')
    .addHelpText('after', example('holdfast reload --dry-run'))
    .action(async ({ dryRun = false, init, ...options }: Options) => {
      const client = connect(options, terminal);
      if (dryRun) {
        const preview = await client.call('previewReload', {});
        if (options.json) printJson(terminal, preview);
        else terminal.print(`${planText(preview)}${conclusion(preview)}`);
        if (preview.refusals.length > 0) {
          throw new CliError(EXIT.failed, 'A reload would be refused as a whole.');
        }
        return;
      }
      const done = await client.call('reload', { body: init === undefined ? {} : { init } });
      if (options.json) printJson(terminal, done);
      else terminal.print(`${planText(done)}${inForce(done)}`);
    });
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

function planText({ differences, warnings, waitsForRestart }: ReloadAnswer): string {
  const lines = differences.map(
    ({ path, change, before, after }) => `${SIGNS[change]} ${path}${values(before, after)}`,
  );
  const notes = [...warnings, ...waitsForRestart].map((sentence) => `Note: ${whole(sentence)}`);
  return [...lines, ...notes].map((line) => `${line}\n`).join('');
}

/** Findings about certificates end with a full stop, those about settings do not. */
function whole(sentence: string): string {
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}

function values(before: string | undefined, after: string | undefined): string {
  if (before === undefined && after === undefined) return '';
  if (before === undefined) return `: ${after}`;
  return after === undefined ? `: ${before}` : `: ${before} -> ${after}`;
}

function conclusion({ differences, refusals, generation }: ReloadPreview): string {
  if (refusals.length === 0 && differences.length === 0) {
    return `There is nothing to change: generation ${generation} would stay in force.\n`;
  }
  if (refusals.length === 0)
    return 'Nothing has been changed. The same without --dry-run does it.\n';
  return `It cannot be done:\n${refusals.map((sentence) => `  - ${sentence}.\n`).join('')}`;
}

function inForce({ differences, generation }: ReloadAnswer): string {
  return differences.length === 0
    ? `Nothing has changed: generation ${generation} stays in force.\n`
    : `Generation ${generation} is in force.\n`;
}
