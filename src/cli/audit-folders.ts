import { z } from 'zod';
import { auditSchema } from '../audit/config.js';
import { findConfiguredPath } from './configured-path.js';
import type { Terminal } from './terminal.js';

const folderSchema = z.object({ audit: auditSchema.pick({ directory: true }).loose() });

/**
 * The folders of the audit logs that a command is about: those that are named, or else the one of the
 * configuration that a server would be started with.
 *
 * @throws CliError where neither names one
 */
export function auditFolders(
  named: readonly string[] | undefined,
  terminal: Terminal,
): readonly string[] {
  return named ?? [auditFolder(undefined, terminal)];
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
