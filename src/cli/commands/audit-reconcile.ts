import type { Command } from 'commander';
import { systemClock, type Clock } from '../../shared/clock.js';
import { auditFolders } from '../audit-folders.js';
import { CliError, EXIT } from '../exit.js';
import { fromOption, parseTime, toOption } from '../time-options.js';
import { printJson, type Terminal } from '../terminal.js';
import { auditCommand } from './options.js';

const NOTES = `
Exit codes:
  0  something was compared, and nothing is alarming
  1  alarm: a use of a key here without an event in CloudTrail, a call in CloudTrail that never arrived
     here, or a call that came more than twice
  2  the command line is wrong, or a file or log cannot be read completely; the message names the place
  4  nothing was compared: at all, for an account and region of the log, or for an id of
     --custom-key-store

Uses younger than 30 minutes are pending, because CloudTrail delivers late. docs/audit-reconciliation.md explains each
class, what to do, and which files can be read.

Example:
  $ holdfast audit reconcile --cloudtrail AWSLogs/ --log /var/lib/holdfast/audit
`;

interface Options {
  readonly cloudtrail: readonly string[];
  readonly log?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly collectedAt?: number;
  readonly customKeyStore?: readonly string[];
  readonly json?: boolean;
}

/** `holdfast audit reconcile` */
export function auditReconcileCommand(
  terminal: Terminal,
  clock: Pick<Clock, 'now'> = systemClock,
): Command {
  return auditCommand('reconcile', '<directory...>')
    .description('compare the audit log with CloudTrail; needs no server')
    .requiredOption('--cloudtrail <path...>', 'CloudTrail files, and folders of them')
    .addOption(fromOption())
    .addOption(toOption())
    .option(
      '--collected-at <time>',
      'when the CloudTrail input was collected (default: the time of its newest event)',
      parseTime,
    )
    .option('--custom-key-store <id...>', 'what this proxy serves (default: all in the input)')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      await compare(options, terminal, clock);
    });
}

async function compare(
  options: Options,
  terminal: Terminal,
  clock: Pick<Clock, 'now'>,
): Promise<void> {
  const { reconcile } = await import('../../evidence/reconciliation/reconcile.js');
  const { notComparedText, renderReconciliation } = await import('../reconciliation-report.js');
  const { log, cloudtrail, from, to, collectedAt, customKeyStore, json } = options;
  const result = await inputAsUsage(
    reconcile({
      cloudTrail: cloudtrail,
      logs: auditFolders(log, terminal),
      period: { from, to },
      customKeyStores: customKeyStore ?? [],
      collectedAt,
      clock,
    }),
  );
  if (json) printJson(terminal, result);
  else terminal.print(renderReconciliation(result));
  const { verdict } = result;
  const also = notComparedText(result);
  if (verdict === 'alarmed') {
    throw new CliError(
      EXIT.failed,
      ['the audit log and CloudTrail do not agree', ...also].join('; '),
    );
  }
  if (verdict === 'nothing-compared') throw new CliError(EXIT.nothingCompared, also.join('; '));
}

/** Turns an error in the input into a usage error, because it is not a finding. */
async function inputAsUsage<Result>(work: Promise<Result>): Promise<Result> {
  const { ReconciliationInputError } = await import('../../evidence/reconciliation/input-error.js');
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ReconciliationInputError)) throw error;
    throw new CliError(EXIT.usage, error.message, { cause: error.cause });
  }
}
