import { Command, Help } from 'commander';
import { VERSION } from '../composition/version.js';
import { awsDisconnectCommand } from './commands/aws-disconnect.js';
import { awsRegisterCommand } from './commands/aws-register.js';
import { awsRotateCredentialCommand } from './commands/aws-rotate-credential.js';
import { awsStatusCommand } from './commands/aws-status.js';
import { auditCheckProofCommand, auditProveCommand } from './commands/audit-prove.js';
import { auditPublicKeyCommand } from './commands/audit-public-key.js';
import { auditQueryCommand } from './commands/audit-query.js';
import { auditReconcileCommand } from './commands/audit-reconcile.js';
import { auditReportCommand } from './commands/audit-report.js';
import { auditVerifyCommand } from './commands/audit-verify.js';
import {
  blocksListCommand,
  keysBlockCommand,
  keyStoresBlockCommand,
  keyStoresUnblockCommand,
  keysUnblockCommand,
  principalsBlockCommand,
  principalsUnblockCommand,
} from './commands/blocks.js';
import { configCheckCommand } from './commands/config-check.js';
import {
  credentialsAddCommand,
  credentialsDisableCommand,
  credentialsEnableCommand,
  credentialsExportCommand,
  credentialsListCommand,
  credentialsRemoveCommand,
} from './commands/credentials.js';
import { credentialsFailuresCommand } from './commands/credentials-failures.js';
import { credentialsGenerateCommand } from './commands/credentials-generate.js';
import { doctorCommand } from './commands/doctor.js';
import { importAwsSampleCommand } from './commands/import-aws-sample.js';
import { keyStoresExportCommand } from './commands/key-stores-export.js';
import { keyStoresListCommand } from './commands/key-stores-list.js';
import {
  keysAdoptCommand,
  keysDisableCommand,
  keysEnableCommand,
  keysRotateCommand,
} from './commands/keys-acts.js';
import {
  aliasCreateCommand,
  aliasDeleteCommand,
  aliasListCommand,
  aliasMoveCommand,
} from './commands/keys-alias.js';
import { keysRotationCommand } from './commands/keys-rotation.js';
import { keysRetireVersionCommand, keysVersionsCommand } from './commands/keys-versions.js';
import { keysUpdateCommand } from './commands/keys-update.js';
import { keysCreateCommand } from './commands/keys-create.js';
import {
  keysCancelDeletionCommand,
  keysCertificateCommand,
  keysScheduleDeletionCommand,
} from './commands/keys-deletion.js';
import {
  keysDeleteImportedMaterialCommand,
  keysImportCommand,
  keysImportParametersCommand,
} from './commands/keys-import.js';
import { keysListCommand } from './commands/keys-list.js';
import { keysMoveCommand } from './commands/keys-move.js';
import { keysShowCommand } from './commands/keys-show.js';
import { kmsSimulatorCommand } from './commands/kms-simulator.js';
import { notifyTestCommand } from './commands/notify-test.js';
import { rehearseCommand } from './commands/rehearse.js';
import { policyCheckCommand } from './commands/policy-check.js';
import { policyExplainCommand } from './commands/policy-explain.js';
import { policySimulateCommand } from './commands/policy-simulate.js';
import { policyTestCommand } from './commands/policy-test.js';
import {
  breakGlassCloseCommand,
  breakGlassListCommand,
  breakGlassOpenCommand,
} from './commands/break-glass.js';
import { reloadCommand } from './commands/reload.js';
import { serveCommand } from './commands/serve.js';
import { stateAdoptCountersCommand } from './commands/state-adopt-counters.js';
import { stateRecoverCommand } from './commands/state-recover.js';
import { statusCommand } from './commands/status.js';
import { stateMigrateCommand } from './commands/state-migrate.js';
import { groupCommand, helpCommand } from './command-group.js';
import type { Terminal } from './terminal.js';

/** Wide enough for one line an option, and the same wherever it is read. */
const HELP_COLUMNS = 100;

const EPILOGUE = `
Exit codes:
  0  done
  1  the operation failed, or the server refused it, or "config check", "doctor", "rehearse" or
     "audit" found something wrong
  2  the command line or the configuration is wrong
  3  no server answers on the admin socket
  4  "audit reconcile" has compared nothing, or nothing of something that it was asked about, or
     "doctor", "rehearse" or "aws status" has found nothing wrong but could not look at everything

With --json a failure is printed to standard output as JSON, too, where no result is there:
{"error": {"code": "…", "message": "…"}}. The code is that of the server's refusal, or "failed",
"usage" or "no-server". Standard error has the sentence for people.

Environment:
  HOLDFAST_CONFIG           configuration file (default: the quickstart's)
  HOLDFAST_STATE_DIR        state directory, instead of the configuration's
  HOLDFAST_PORT             port of the first listener, instead of the configuration's
  HOLDFAST_OPERATIONS_PORT  port of the operations listener, instead of the configuration's
`;

/** The command-line program, every command of it. */
export function createProgram(outside: Terminal): Command {
  // A configuration that is named counts for whatever a command looks up in one.
  const env = { ...outside.env };
  const terminal = { ...outside, env };
  const program = groupCommand('holdfast')
    .description('An AWS KMS external key store (XKS) proxy: hold your own keys, outside AWS.')
    .version(VERSION)
    // `doctor` has options of its own, and the command below it some of the same names.
    .enablePositionalOptions()
    .addHelpText('after', EPILOGUE)
    .hook('preAction', (_, command) => {
      const { config } = command.opts<{ config?: string }>();
      if (config !== undefined) env['HOLDFAST_CONFIG'] = config;
    });
  for (const command of commandsOf(terminal)) program.addCommand(command);
  for (const command of withDescendants(program)) configure(command, terminal);
  return program;
}

/** The commands in the order of the help. */
function commandsOf(terminal: Terminal): readonly Command[] {
  return [
    serveCommand(),
    statusCommand(terminal),
    reloadCommand(terminal),
    group('config', 'configuration files', configCheckCommand(terminal)),
    auditGroup(terminal),
    doctorCommand(terminal),
    group(
      'keys',
      'external keys of a running server',
      keysCreateCommand(terminal),
      keysEnableCommand(terminal),
      keysDisableCommand(terminal),
      keysBlockCommand(terminal),
      keysUnblockCommand(terminal),
      keysRotateCommand(terminal),
      keysRotationCommand(terminal),
      keysUpdateCommand(terminal),
      keysAdoptCommand(terminal),
      aliasGroup(terminal),
      keysImportParametersCommand(terminal),
      keysImportCommand(terminal),
      keysDeleteImportedMaterialCommand(terminal),
      keysScheduleDeletionCommand(terminal),
      keysCancelDeletionCommand(terminal),
      keysCertificateCommand(terminal),
      keysVersionsCommand(terminal),
      keysRetireVersionCommand(terminal),
      keysListCommand(terminal),
      keysMoveCommand(terminal),
      keysShowCommand(terminal),
    ),
    group(
      'key-stores',
      'key stores of a running server',
      keyStoresListCommand(terminal),
      keyStoresExportCommand(terminal),
      keyStoresBlockCommand(terminal),
      keyStoresUnblockCommand(terminal),
    ),
    group(
      'principals',
      'callers of AWS KMS',
      principalsBlockCommand(terminal),
      principalsUnblockCommand(terminal),
    ),
    group('blocks', 'what administrators have blocked', blocksListCommand(terminal)),
    group(
      'credentials',
      'credentials with which AWS KMS signs',
      credentialsAddCommand(terminal),
      credentialsListCommand(terminal),
      credentialsDisableCommand(terminal),
      credentialsEnableCommand(terminal),
      credentialsRemoveCommand(terminal),
      credentialsExportCommand(terminal),
      credentialsGenerateCommand(terminal),
      credentialsFailuresCommand(terminal),
    ),
    group(
      'policy',
      'policies in Cedar: check, test, explain and simulate them',
      policyCheckCommand(terminal),
      policyTestCommand(terminal),
      policyExplainCommand(terminal),
      policySimulateCommand(terminal),
    ),
    group(
      'break-glass',
      'overrule the policies of a key store for a while',
      breakGlassOpenCommand(terminal),
      breakGlassCloseCommand(terminal),
      breakGlassListCommand(terminal),
    ),
    group('notify', 'webhooks of a running server', notifyTestCommand(terminal)),
    group(
      'state',
      'the store of what operators change at run time',
      stateMigrateCommand(terminal),
      stateAdoptCountersCommand(terminal),
      stateRecoverCommand(terminal),
    ),
    awsGroup(terminal),
    kmsSimulatorCommand(terminal),
    rehearseCommand(terminal),
    group('import', 'import from other proxies', importAwsSampleCommand(terminal)),
    versionCommand(terminal),
    helpCommand(),
  ];
}

function aliasGroup(terminal: Terminal): Command {
  return group(
    'alias',
    'external key ids that point to keys and can be moved',
    aliasCreateCommand(terminal),
    aliasMoveCommand(terminal),
    aliasListCommand(terminal),
    aliasDeleteCommand(terminal),
  );
}

function auditGroup(terminal: Terminal): Command {
  return group(
    'audit',
    'the audit trail: search, reports, evidence',
    auditVerifyCommand(terminal),
    auditPublicKeyCommand(terminal),
    auditProveCommand(terminal),
    auditCheckProofCommand(terminal),
    auditQueryCommand(terminal),
    auditReportCommand(terminal),
    auditReconcileCommand(terminal),
  );
}

function awsGroup(terminal: Terminal): Command {
  return group(
    'aws',
    'the AWS side: register a key store, change its credential, disconnect it',
    awsRegisterCommand(terminal),
    awsStatusCommand(terminal),
    awsRotateCredentialCommand(terminal),
    awsDisconnectCommand(terminal),
  );
}

/** A command and everything below it. */
export function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

function group(name: string, description: string, ...commands: readonly Command[]): Command {
  const parent = groupCommand(name).description(description);
  for (const command of commands) parent.addCommand(command);
  return parent.addCommand(helpCommand(), { hidden: true });
}

/** `holdfast version`, which many try before `--version`. */
function versionCommand(terminal: Terminal): Command {
  return new Command('version').description('output the version number').action(() => {
    terminal.print(`${VERSION}\n`);
  });
}

/** Of a group, its name alone. */
function subcommandTerm(command: Command): string {
  return command.commands.length > 0 ? command.name() : new Help().subcommandTerm(command);
}

function configure(command: Command, terminal: Terminal): void {
  command
    .exitOverride()
    .helpCommand(false)
    .configureHelp({ subcommandTerm })
    .showHelpAfterError('Add --help for how to use it.')
    .configureOutput({
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      writeOut: (text) => {
        terminal.print(text);
      },
      writeErr: (text) => {
        terminal.complain(text);
      },
    });
}
