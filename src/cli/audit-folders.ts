import { configurationFile } from '../runtime/overrides.js';
import { systemClock } from '../shared/clock.js';
import { CliError, EXIT } from './exit.js';
import type { Terminal } from './terminal.js';

/**
 * The folders of the audit logs that a command is about: those that are named, or else the one of the
 * configuration that a server would be started with.
 *
 * @throws CliError where neither names one; ConfigurationError
 */
export async function auditFolders(
  named: readonly string[] | undefined,
  terminal: Terminal,
): Promise<readonly string[]> {
  if (named !== undefined) return named;
  // Only here: what the configuration describes would slow down every other command.
  const { loadConfiguration } = await import('../runtime/configuration-file.js');
  const path = configurationFile(terminal.env);
  const { configuration, file } = loadConfiguration(path, terminal.env, systemClock);
  if (configuration.audit !== undefined) return [configuration.audit.directory];
  throw new CliError(
    EXIT.usage,
    `${file} has no audit log; name the folder of one with --log DIRECTORY.`,
  );
}

/** The same for a command that is about one log. */
export async function auditFolder(named: string | undefined, terminal: Terminal): Promise<string> {
  const [folder] = await auditFolders(named === undefined ? undefined : [named], terminal);
  if (folder !== undefined) return folder;
  throw new CliError(EXIT.usage, 'name the folder of the audit log with --log.');
}
