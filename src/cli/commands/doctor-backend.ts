import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { formatPath } from '../../configuration/reading/problem.js';
import { isSound } from '../../key-managers/diagnosis/finding.js';
import { configurationFile } from '../../configuration/overrides.js';
import { systemClock } from '../../shared/clock.js';
import { diagnosisOfServer } from '../ask-server.js';
import { becomeServiceUser } from '../become-user.js';
import { CliError, EXIT } from '../exit.js';
import { printJson, type Terminal } from '../terminal.js';

const NOTES = `
Starts the key manager's nodes in this process, without a server. It creates no key, counter or master key and
changes no file: only the health-test key encrypts, a few times, without being counted. It does not find faults
that show only on writing, such as a full disk. A module is started as the server starts it. If a running server
uses the folder of a file key manager, the command asks that server over its admin socket. Run as root, it becomes
the user who owns the state folder, or the user of --as. A PIN that a token refuses is tried once.

Example:
  $ holdfast doctor backend hsm --config /etc/holdfast/holdfast.yaml
`;

interface Options {
  readonly config?: string;
  readonly as?: string;
  readonly json?: boolean;
}

/** `holdfast doctor backend` */
export function doctorBackendCommand(terminal: Terminal): Command {
  return new Command('backend')
    .description(
      'examine a key manager, node by node, and say what is wrong and what to do; needs no server',
    )
    .argument('<name>', 'key manager, as the configuration names it')
    .option('--config <file>', 'configuration (default: HOLDFAST_CONFIG, or else the quickstart)')
    .option(
      '--as <user>',
      'user that the server runs as (default, for root: owner of its state folder)',
    )
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (name: string, options: Options) => {
      await examine(name, options, terminal);
    });
}

async function examine(name: string, options: Options, terminal: Terminal): Promise<void> {
  // Only here: backends would slow down every other command.
  const { loadConfiguration, readConfiguration } = await import(
    '../../configuration/configuration-file.js'
  );
  const { diagnoseKeyManager } = await import('../../composition/diagnose-key-manager.js');
  const { renderDiagnosis } = await import('../diagnosis-report.js');
  const path = options.config ?? configurationFile(terminal.env);
  const { stateDirectory } = readConfiguration(path, terminal.env);
  const note = await becomeServiceUser(options.as, stateDirectory);
  if (note !== undefined) terminal.complain(`note: ${note}\n`);
  const { file, configuration, warnings } = loadConfiguration(path, terminal.env, systemClock);
  for (const warning of warnings) {
    terminal.complain(`warning: ${formatPath(warning.path)}: ${warning.message}\n`);
  }
  const { keyManagers, deadlineMs } = configuration;
  const config = keyManagers.find((keyManager) => keyManager.name === name);
  if (config === undefined) {
    const names = keyManagers.map((keyManager) => keyManager.name).join(', ');
    throw new CliError(EXIT.usage, `${file} has no key manager ${name}; it has: ${names}`);
  }
  const ports = { clock: systemClock, randomBytes, deadlineMs, configuration };
  const examined = await diagnoseKeyManager(config, ports);
  const isTaken = examined.nodes.some(({ status }) => status === 'UNKNOWN');
  const told = isTaken ? await diagnosisOfServer(configuration.admin.socket, name) : undefined;
  const diagnosis = told === undefined ? examined : { ...examined, nodes: told };
  const { type } = config;
  const sound = isSound(diagnosis.nodes);
  if (options.json) {
    printJson(terminal, { configuration: file, keyManager: name, type, sound, ...diagnosis });
  } else {
    terminal.print(`Configuration ${file}: ok\nKey manager ${name}: ${type}\n\n`);
    terminal.print(renderDiagnosis(diagnosis));
  }
  if (!sound) throw new CliError(EXIT.failed, `something is wrong with the key manager ${name}`);
}
