import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Report } from '../../evidence/report/model/document.js';
import { VERSION } from '../../composition/version.js';
import { type Clock, systemClock } from '../../shared/clock.js';
import { auditLogs } from '../audit-folders.js';
import { CliError, EXIT } from '../exit.js';
import { keptCheckpoints } from '../kept-checkpoints.js';
import { fromOption, toOption } from '../time-options.js';
import type { Terminal } from '../terminal.js';
import { verifierKeys } from '../verifier-keys.js';
import { writeSecretFile } from '../write-secret-file.js';
import { auditCommand, wholeNumber } from './options.js';

const FORMATS = ['html', 'csv', 'json'] as const;
const DEFAULT_TOP = 25;

const NOTES = `
--from and --to are required. The report verifies every record while it counts it, and begins with the findings
that an auditor must look at. Give it the public key and checkpoints that were kept elsewhere: the key in the
log itself detects accidents, but no forgery. The HTML is one file and loads nothing. With --format csv, --output
names a new folder with one file for each table. Output files must not exist yet and get mode 0600, because they
name principals and keys.

Exit code 1: a part of a log could not be read, or, with --public-key, a log is not as it was signed. The report
is written nevertheless and names the fault.

Example:
  $ holdfast audit report --from 2026-01-01 --to 2026-04-01 --output 2026-q1.html
`;

interface Options {
  readonly log?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly format: (typeof FORMATS)[number];
  readonly output?: string;
  readonly cryptoperiodDays?: number;
  readonly publicKey?: readonly string[];
  readonly checkpoint?: readonly string[];
  readonly top: number;
}

/** `holdfast audit report` */
export function auditReportCommand(
  terminal: Terminal,
  clock: Pick<Clock, 'now'> = systemClock,
): Command {
  return auditCommand('report', '<directory...>')
    .description('sum up the audit log of a period for auditors; needs no server')
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(new Option('--format <format>', 'of the report').choices(FORMATS).default('html'))
    .option('--output <path>', 'write to a new file, or for csv a folder, instead')
    .option(
      '--public-key <key...>',
      'that the logs are verified with, from a trusted source: text, or a file (default: what each log names itself)',
    )
    .option('--checkpoint <file...>', 'checkpoints that were kept elsewhere')
    .option('--cryptoperiod-days <days>', 'mark keys whose cryptoperiod is longer', wholeNumber(1))
    .option(
      '--top <count>',
      'lines of tables by principal, key and the like',
      wholeNumber(1),
      DEFAULT_TOP,
    )
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      await report(options, terminal, clock);
    });
}

async function report(
  options: Options,
  terminal: Terminal,
  clock: Pick<Clock, 'now'>,
): Promise<void> {
  const { from, to, format, output, cryptoperiodDays, top, publicKey, checkpoint } = options;
  if (from === undefined || to === undefined) {
    throw new CliError(EXIT.usage, 'name the period: --from 2026-01-01 --to 2026-02-01');
  }
  if (format === 'csv' && output === undefined) {
    throw new CliError(EXIT.usage, '--format csv makes several files: name a folder with --output');
  }
  const keys = publicKey === undefined ? undefined : await verifierKeys(publicKey);
  const { makeReport } = await import('../../evidence/report/report.js');
  const { startCounter } = await import('../../evidence/report/counting-thread.js');
  const logs = await auditLogs(options.log, terminal);
  const counting = { fromMs: from, toMs: to, nowMs: clock.now(), limit: top, cryptoperiodDays };
  const outcome = await makeReport(
    logs,
    {
      ...counting,
      generator: `Holdfast ${VERSION}`,
      keys,
      keptCheckpoints: await keptCheckpoints(checkpoint),
    },
    startCounter(counting),
  );
  await write(outcome.report, options, terminal);
  for (const { level, count, finding } of outcome.findings) {
    if (level === 'wrong') terminal.complain(`Attention (${String(count)}): ${finding}\n`);
  }
  if (outcome.unreadable.length > 0) {
    throw new CliError(EXIT.failed, `not all could be read: ${outcome.unreadable.join(', ')}`);
  }
  if (outcome.isNotAsSigned) {
    throw new CliError(EXIT.failed, 'an audit log is not what was written and signed');
  }
}

async function write(made: Report, { format, output }: Options, terminal: Terminal): Promise<void> {
  if (format === 'csv') {
    await writeCsv(made, output ?? '.');
    return;
  }
  const text = await rendered(made, format);
  if (output === undefined) terminal.print(text);
  else writeSecretFile(output, text);
}

async function rendered(made: Report, format: 'html' | 'json'): Promise<string> {
  if (format === 'json') {
    const { renderJson } = await import('../../evidence/report/render/json.js');
    return renderJson(made);
  }
  const { renderHtml } = await import('../../evidence/report/render/html.js');
  return renderHtml(made);
}

async function writeCsv(made: Report, folder: string): Promise<void> {
  const { renderCsv } = await import('../../evidence/report/render/csv.js');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CliError(EXIT.failed, `the folder ${folder} could not be made`, { cause });
  }
  for (const { name, contents } of renderCsv(made)) writeSecretFile(join(folder, name), contents);
}
