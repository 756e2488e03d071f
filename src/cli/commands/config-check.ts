import { Command } from 'commander';
import { ConfigurationError, formatPath } from '../../configuration/reading/problem.js';
import { systemClock } from '../../shared/clock.js';
import { becomeUser } from '../become-user.js';
import { CliError, EXIT } from '../exit.js';
import type { Terminal } from '../terminal.js';

const NOTES = `
Reads every file that the configuration names, as the user who runs the command. With --as, which only root may use,
it reads them as the user that the server runs as, with that user's groups, and checks that this user may write to
the folders of the server. A missing folder is no error if the server can create it.

Example:
  $ holdfast config check /etc/holdfast/holdfast.yaml
  $ sudo holdfast config check /etc/holdfast/holdfast.yaml --as holdfast
`;

interface Options {
  readonly as?: string;
}

/** `holdfast config check` */
export function configCheckCommand(terminal: Terminal): Command {
  return new Command('check')
    .description('check a configuration, with its secrets, certificates and files; needs no server')
    .argument('<file>', 'configuration, in YAML')
    .option(
      '--as <user>',
      'look at files and folders as this user: the one that the server runs as',
    )
    .addHelpText('after', NOTES)
    .action(async (file: string, options: Options) => {
      try {
        await check(file, options, terminal);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        // Here a wrong configuration is the answer, not a mistake in asking.
        throw new CliError(EXIT.failed, error.message);
      }
      terminal.print(`${file}: ok\n`);
    });
}

async function check(file: string, { as: user }: Options, terminal: Terminal): Promise<void> {
  // Only here: what the configuration describes would slow down every other command.
  const { checkConfiguration } = await import('../../configuration/check-configuration.js');
  // Afterwards nothing of the program may be within reach.
  if (user !== undefined) await becomeUser(user);
  const isServersUser = user !== undefined;
  const warnings = await checkConfiguration(file, terminal.env, {
    clock: systemClock,
    isServersUser,
  });
  for (const { path, message } of warnings) {
    terminal.complain(`warning: ${formatPath(path)}: ${message}\n`);
  }
}
