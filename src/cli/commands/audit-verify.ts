import { Command } from 'commander';
import { auditFolders } from '../audit-folders.js';
import { errnoOf } from '../../shared/errno.js';
import { CliError, EXIT } from '../exit.js';
import { printJson, type Terminal } from '../terminal.js';
import { verifierKeys } from '../verifier-keys.js';
import { example } from './options.js';

const NOTES = `
Needs the files and the public key, and nothing else. A log that was rolled back to an older state, or written
anew with the key, cannot be told from its own files: hold it against checkpoints that were kept elsewhere,
with --checkpoint. docs/audit.md says what each finding means.`;

interface Options {
  readonly log?: readonly string[];
  readonly publicKey: readonly string[];
  readonly checkpoint?: readonly string[];
  readonly json?: boolean;
}

/** `holdfast audit verify` */
export function auditVerifyCommand(terminal: Terminal): Command {
  return new Command('verify')
    .description('find out whether an audit log is what was written and signed; needs no server')
    .requiredOption(
      '--public-key <key...>',
      'of the log, from a trusted source: the text that "audit public-key" prints, or a file',
    )
    .option('--log <directory...>', "folders of audit logs (default: the configuration's)")
    .option('--checkpoint <file...>', 'checkpoints that were kept elsewhere')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .addHelpText(
      'after',
      example('holdfast audit verify --public-key audit-1.vkey --checkpoint kept/checkpoints'),
    )
    .action(async (options: Options) => {
      await verify(options, terminal);
    });
}

async function verify(options: Options, terminal: Terminal): Promise<void> {
  const { verifyLog } = await import('../../audit/verify/verify.js');
  const { renderVerification } = await import('../verification-report.js');
  const { publicKey, checkpoint = [], json } = options;
  const keys = await verifierKeys(publicKey);
  const reports = [];
  for (const directory of auditFolders(options.log, terminal)) {
    const work = verifyLog({ directory, keys, keptCheckpoints: checkpoint });
    const report = await unreadableAsUsage(work);
    if (report.segments === 0) {
      throw new CliError(EXIT.usage, `there is no audit log in ${directory}`);
    }
    reports.push(report);
  }
  if (json) printJson(terminal, reports);
  else terminal.print(reports.map(renderVerification).join('\n'));
  if (reports.some(({ findings }) => findings.length > 0)) {
    throw new CliError(EXIT.failed, 'the audit log is not what was written and signed');
  }
}

/** A file that cannot be read says nothing about the log: that must not look like a finding. */
async function unreadableAsUsage<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === undefined || !(error instanceof Error)) throw error;
    throw new CliError(EXIT.usage, `the log cannot be read: ${error.message}`, { cause: error });
  }
}
