import { Command } from 'commander';
import { ConfigurationError, formatPath } from '../../config/problem.js';
import { systemClock } from '../../shared/clock.js';
import { CliError, EXIT } from '../exit.js';
import type { Terminal } from '../terminal.js';
import { example } from './options.js';

/** `holdfast config check` */
export function configCheckCommand(terminal: Terminal): Command {
  return new Command('check')
    .description('check a configuration, with its secrets and certificates; needs no server')
    .argument('<file>', 'configuration, in YAML')
    .addHelpText('after', example('holdfast config check /etc/holdfast/holdfast.yaml'))
    .action(async (file: string) => {
      // Only here: what the configuration describes would slow down every other command.
      const { loadConfiguration } = await import('../../runtime/configuration-file.js');
      try {
        const { warnings } = loadConfiguration(file, terminal.env, systemClock);
        for (const { path, message } of warnings) {
          terminal.complain(`warning: ${formatPath(path)}: ${message}\n`);
        }
        terminal.print(`${file}: ok\n`);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        // Here a wrong configuration is the answer, not a mistake in asking.
        throw new CliError(EXIT.failed, error.message);
      }
    });
}
