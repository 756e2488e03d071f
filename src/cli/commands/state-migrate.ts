import { Command } from 'commander';
import { configurationFile } from '../../configuration/overrides.js';
import { formatPath } from '../../configuration/reading/problem.js';
import { Secret } from '../../shared/secret.js';
import type { PostgresStateConfig } from '../../state/postgres/config.js';
import type { Login } from '../../state/postgres/servers.js';
import { CliError, EXIT } from '../exit.js';
import { readNamedFile } from '../read-small-file.js';
import { printJson, type Terminal } from '../terminal.js';

const NOTES = `
Makes the tables of the state store in PostgreSQL, or those that a new version of Holdfast adds, and grants the role
that serves (state.user) what it needs. All or nothing, and run again it changes nothing. Replicas may go on serving.
Give the role that owns the schema with --user; the one that serves may not change tables. No other secret of the
configuration is read.

With --finish it turns on the format of this version, which older versions cannot read. It refuses that while a
replica of an older version is alive. Run it when the last replica is upgraded, and not before you are sure of that.

Example:
  $ holdfast state migrate --config /etc/holdfast/holdfast.yaml --user holdfast_migrate --password-file migrate.password
  $ holdfast state migrate --finish --user holdfast_migrate --password-file migrate.password
`;

/** The parts that are not read: their secrets are not for the owner of the schema. */
const LEFT_OUT = ['withoutStore'];

interface Options {
  readonly config?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly finish?: boolean;
  readonly json?: boolean;
}

/** `holdfast state migrate` */
export function stateMigrateCommand(terminal: Terminal): Command {
  return new Command('migrate')
    .description('set up the tables of the state store in PostgreSQL; needs no server')
    .option('--config <file>', 'configuration (default: HOLDFAST_CONFIG, or else the quickstart)')
    .option('--user <role>', 'role that owns the schema (default: state.user)')
    .option('--password-file <file>', "file with the role's password")
    .option('--certificate <file>', "PEM file with the role's client certificate")
    .option('--private-key <file>', 'PEM file with the private key of --certificate')
    .option('--finish', 'turn on the format of this version, when every replica has it')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      await migrateState(options, terminal);
    });
}

async function migrateState(options: Options, terminal: Terminal): Promise<void> {
  assertTogether(options);
  // Only here: the driver would slow down every other command.
  const { finishMigration, migrate } = await import('../../state/postgres/migrate.js');
  const { placeOf } = await import('../../state/postgres/open.js');
  const { STATE_FORMAT } = await import('../../state/store.js');
  const config = await configOf(options, terminal);
  const place = placeOf(config);
  const login = await loginOf(options, config);
  if (options.finish) {
    const { from, to } = await finishMigration(config, login, STATE_FORMAT);
    if (options.json) printJson(terminal, { place, from, to });
    else if (from === to) terminal.print(`${place}\nformat ${to} was on already\n`);
    else terminal.print(`${place}\nformat ${to} is on; before it was ${from}\n`);
    return;
  }
  const { applied, grantedTo } = await migrate(config, login);
  if (options.json) {
    printJson(terminal, { place, applied, grantedTo });
    return;
  }
  const steps = applied.length === 0 ? 'nothing was missing' : `applied: ${applied.join(', ')}`;
  const rights = grantedTo === undefined ? '' : `granted to ${grantedTo}: what serving needs\n`;
  terminal.print(`${place}\n${steps}\n${rights}`);
}

function assertTogether({ user, passwordFile, certificate, privateKey }: Options): void {
  if ((certificate === undefined) !== (privateKey === undefined)) {
    throw new CliError(EXIT.usage, 'Give --certificate and --private-key, or neither.');
  }
  if (user !== undefined || (passwordFile === undefined && certificate === undefined)) return;
  throw new CliError(EXIT.usage, 'Give --user, too: whose password or certificate is it?');
}

async function configOf(options: Options, terminal: Terminal): Promise<PostgresStateConfig> {
  const { readStatePart } = await import('../../configuration/state-part.js');
  const path = options.config ?? configurationFile(terminal.env);
  const without = options.user === undefined ? LEFT_OUT : [...LEFT_OUT, 'password'];
  const { file, state, warnings } = readStatePart(path, terminal.env, without);
  for (const warning of warnings) {
    terminal.complain(`warning: ${formatPath(warning.path)}: ${warning.message}\n`);
  }
  if (state.type !== 'postgres') {
    throw new CliError(EXIT.usage, `${file} keeps its state in files, which need no migration.`);
  }
  const { certificate, privateKey } = options;
  if (options.user === undefined || state.tls === 'off') return state;
  const { certificateAuthority } = state.tls;
  // Another role has another certificate, or none.
  return { ...state, tls: { certificateAuthority, certificate, privateKey } };
}

async function loginOf(
  { user, passwordFile }: Options,
  config: PostgresStateConfig,
): Promise<Login> {
  if (user === undefined) return config;
  if (passwordFile === undefined) return { user, password: undefined };
  const text = (await readNamedFile(passwordFile, 'the password')).toString().replace(/\r?\n$/, '');
  if (text === '') throw new CliError(EXIT.usage, `${passwordFile} is empty.`);
  return { user, password: new Secret(text) };
}
