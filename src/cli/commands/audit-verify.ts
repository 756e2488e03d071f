import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { VerificationReport } from '../../audit/verify/finding.js';
import { VERSION } from '../../composition/version.js';
import { systemClock, type Clock } from '../../shared/clock.js';
import { errnoOf, isErrno } from '../../shared/errno.js';
import { auditFolders, noFolder } from '../audit-folders.js';
import { CliError, EXIT } from '../exit.js';
import { keptCheckpoints } from '../kept-checkpoints.js';
import type { Terminal } from '../terminal.js';
import type { VerificationPage } from '../verification-report.js';
import { verifierKeys } from '../verifier-keys.js';
import { writeSecretFile } from '../write-secret-file.js';
import { auditCommand } from './options.js';

const NOTES = `
Needs only the files and the public key. The files alone do not show that a log was rolled back to an older state
or rewritten with its signing key: for that, compare it with checkpoints that were kept elsewhere (--checkpoint).
docs/audit.md explains each finding.

Exit code 0: nothing is wrong. 1: there are findings. 2: the log could not be verified, because the command line is
wrong, there is no log, or files could not be read and nothing else was found.

Example:
  $ holdfast audit verify --public-key audit-1.vkey --checkpoint kept/checkpoints
`;

const NOT_AS_WRITTEN = 'the audit log is not what was written and signed';
const TAKEN_OVER =
  'nobody vouches for some records, and nothing else is wrong: find out why, then give their range to --accept (docs/audit.md, "After a crash")';

type Range = readonly [first: number, last: number];

interface Options {
  readonly log?: readonly string[];
  readonly publicKey: readonly string[];
  readonly checkpoint?: readonly string[];
  readonly accept?: readonly Range[];
  readonly output?: string;
  readonly json?: boolean;
}

/** `holdfast audit verify` */
export function auditVerifyCommand(
  terminal: Terminal,
  clock: Pick<Clock, 'now'> = systemClock,
): Command {
  return auditCommand('verify', '<directory...>')
    .description('find out whether an audit log is what was written and signed; needs no server')
    .requiredOption(
      '--public-key <key...>',
      'of the log, from a trusted source: the text that "audit public-key" prints, or a file',
    )
    .option('--checkpoint <file...>', 'checkpoints that were kept elsewhere')
    .option(
      '--accept <first-last...>',
      'records that a server took over unsigned, of which you know why: noted, and no finding',
      parseRange,
    )
    .option('--output <file>', 'write what was found to a new file as well')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      await verify(options, terminal, clock);
    });
}

async function verify(
  options: Options,
  terminal: Terminal,
  clock: Pick<Clock, 'now'>,
): Promise<void> {
  const { isOnlyTakenOver, isOnlyUnread, renderVerification } = await import(
    '../verification-report.js'
  );
  const pages = await verifiedPages(options, terminal, clock);
  const text = options.json
    ? `${JSON.stringify(pages, undefined, 2)}\n`
    : pages.map(renderVerification).join('\n');
  terminal.print(text);
  if (options.output !== undefined) writeSecretFile(options.output, text);
  const wrong = pages.filter((page) => page.findings.length > 0 && !isOnlyUnread(page));
  if (wrong.length > 0) {
    throw new CliError(EXIT.failed, wrong.every(isOnlyTakenOver) ? TAKEN_OVER : NOT_AS_WRITTEN);
  }
  if (pages.some(isOnlyUnread)) throw new CliError(EXIT.usage, 'not all of the log could be read');
}

async function verifiedPages(
  { log, publicKey, checkpoint, accept = [] }: Options,
  terminal: Terminal,
  clock: Pick<Clock, 'now'>,
): Promise<readonly VerificationPage[]> {
  const { verifyLog } = await import('../../audit/verify/verify.js');
  const { formatVerifierKey } = await import('../../transparency-log/signed-note.js');
  const keys = await verifierKeys(publicKey);
  const kept = await keptCheckpoints(checkpoint);
  const pages: VerificationPage[] = [];
  for (const directory of auditFolders(log, terminal)) {
    const ports = { directory: resolve(directory), keys, keptCheckpoints: kept };
    const report = await unreadableAsUsage(verifyLog({ ...ports, accepted: accept }), directory);
    if (isNoLog(report)) throw new CliError(EXIT.usage, `there is no audit log in ${directory}`);
    pages.push({
      verifiedAt: new Date(clock.now()).toISOString(),
      verifiedWith: `Holdfast ${VERSION}`,
      publicKeys: keys.map(formatVerifierKey),
      keptCheckpoints: kept,
      ...report,
    });
  }
  return pages;
}

/**
 * Tells whether no log is there. Where checkpoints were signed, here or elsewhere, one was deleted.
 */
function isNoLog({ segments, findings }: VerificationReport): boolean {
  return segments === 0 && !findings.some(({ kind }) => kind === 'cut-off');
}

/** A file that cannot be read says nothing about the log: that must not look like a finding. */
async function unreadableAsUsage<Result>(
  work: Promise<Result>,
  directory: string,
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === undefined || !(error instanceof Error)) throw error;
    if (isErrno(error, 'ENOTDIR')) throw new CliError(EXIT.usage, noFolder(directory));
    throw new CliError(EXIT.usage, `the log cannot be read: ${error.message}`, { cause: error });
  }
}

function parseRange(text: string, before: readonly Range[] = []): readonly Range[] {
  const groups = /^(?<first>\d{1,15})(?:-(?<last>\d{1,15}))?$/.exec(text)?.groups;
  const first = Number(groups?.['first']);
  const last = Number(groups?.['last'] ?? first);
  if (groups !== undefined && first <= last) return [...before, [first, last]];
  throw new InvalidArgumentError('Records are 4711-4720, or 4711.');
}
