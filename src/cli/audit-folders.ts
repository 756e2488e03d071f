import { z } from 'zod';
import { auditSchema } from '../audit/config.js';
import { errnoOf, isErrno } from '../shared/errno.js';
import { findConfiguredPath } from './configured-path.js';
import { CliError, EXIT } from './exit.js';
import type { Terminal } from './terminal.js';

const folderSchema = z.object({ audit: auditSchema.pick({ directory: true }).loose() });

/**
 * Returns the folders of the audit logs that a command reads: those named on the command line, or
 * else the folder of the server's configuration.
 *
 * @throws CliError if neither names a folder
 */
export function auditFolders(
  named: readonly string[] | undefined,
  terminal: Terminal,
): readonly string[] {
  return named ?? [auditFolder(undefined, terminal)];
}

/**
 * The same for a command that finds nothing where there is no log, and must not say so.
 *
 * @throws CliError for a folder without a log, or that cannot be read
 */
export async function auditLogs(
  named: readonly string[] | undefined,
  terminal: Terminal,
): Promise<readonly string[]> {
  const { LogFolder, NoLogError } = await import('../audit/read/log-folder.js');
  const folders = auditFolders(named, terminal);
  for (const folder of folders) {
    await LogFolder.open(folder).catch((cause: unknown) => {
      if (cause instanceof NoLogError) throw new CliError(EXIT.failed, cause.message);
      if (errnoOf(cause) === undefined) throw cause;
      if (isErrno(cause, 'ENOTDIR')) throw new CliError(EXIT.usage, noFolder(folder));
      throw new CliError(EXIT.failed, `The folder ${folder} cannot be read.`, { cause });
    });
  }
  return folders;
}

/** Says that a path leads to a file, such as a segment of a log, and to no folder. */
export function noFolder(path: string): string {
  return `${path} is no folder: name the folder of the log, in which its segments are.`;
}

/** The same for a command that is about one log. */
export function auditFolder(named: string | undefined, { env }: Terminal): string {
  if (named !== undefined) return named;
  return findConfiguredPath(env, {
    what: 'the audit log',
    option: '--log',
    find: (configuration) => folderSchema.safeParse(configuration).data?.audit.directory,
  });
}
