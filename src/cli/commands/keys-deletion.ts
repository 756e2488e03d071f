import { type Command, Option } from 'commander';
import { WAITING_DAYS } from '../../admin/contract/bounds.js';
import { confirm } from '../confirm.js';
import { usersText } from '../key-users-text.js';
import { printJson, type Terminal } from '../terminal.js';
import { type KeyOptions, keyCommand, onKey, tellChanged } from './keys-acts.js';
import { connect, example, wholeNumber } from './options.js';
import { counted } from '../../shared/counted.js';

interface ScheduleOptions extends KeyOptions {
  readonly days: number;
  readonly yes?: boolean;
}

interface VersionOptions extends KeyOptions {
  readonly version?: number;
}

/** `holdfast keys schedule-deletion` */
export function keysScheduleDeletionCommand(terminal: Terminal): Command {
  return keyCommand('schedule-deletion')
    .description('destroy a key after a waiting period, in which nobody can use it')
    .addOption(waitingDaysOption())
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', example('holdfast keys schedule-deletion payroll --days 30'))
    .action(async (externalKeyId: string, options: ScheduleOptions) => {
      const client = connect(options, terminal);
      const { days } = options;
      await client.call('checkDestruction', {
        ...onKey(externalKeyId, options),
        body: { what: 'key', days },
      });
      const users = await client.call('showKeyUsers', onKey(externalKeyId, options));
      terminal.complain(usersText(externalKeyId, users));
      const consequence =
        `${externalKeyId} cannot be used from now on, and is destroyed after ${counted(days, 'day')} ` +
        'unless the deletion is cancelled. What it has encrypted is lost then, for ever.';
      await confirm(terminal, consequence, options);
      const scheduled = await client.call('scheduleDeletion', {
        ...onKey(externalKeyId, options),
        body: { days },
      });
      if (options.json === true) {
        printJson(terminal, scheduled);
        return;
      }
      terminal.print(
        `${externalKeyId} is ${scheduled.state}. It is destroyed at ${scheduled.deletionAt} at the ` +
          `earliest. To keep it: holdfast keys cancel-deletion ${externalKeyId}\n`,
      );
    });
}

/** `holdfast keys cancel-deletion` */
export function keysCancelDeletionCommand(terminal: Terminal): Command {
  return keyCommand('cancel-deletion')
    .description('keep a key that is pending deletion; it is disabled afterwards')
    .addOption(versionOption('keep a version that waits for its destruction'))
    .addHelpText('after', example('holdfast keys cancel-deletion payroll'))
    .action(async (externalKeyId: string, { version, ...options }: VersionOptions) => {
      const changed = await connect(options, terminal).call('cancelDeletion', {
        ...onKey(externalKeyId, options),
        body: { version },
      });
      tellChanged(terminal, options, 'Cancelled.', changed);
    });
}

/** `holdfast keys certificate` */
export function keysCertificateCommand(terminal: Terminal): Command {
  return keyCommand('certificate')
    .description(
      'print the certificate of destruction of a key, or of its imported material that was ' +
        'deleted last: a JWS, signed by the audit key',
    )
    .addOption(versionOption('of a version that was destroyed by itself'))
    .addHelpText('after', example('holdfast keys certificate payroll > payroll.jws'))
    .action(async (externalKeyId: string, { version, ...options }: VersionOptions) => {
      const { pathParameters, query } = onKey(externalKeyId, options);
      const { jws } = await connect(options, terminal).call('showCertificate', {
        pathParameters,
        query: { ...query, version: version?.toString() },
      });
      if (options.json === true) printJson(terminal, { jws });
      else terminal.print(`${jws}\n`);
    });
}

/** An option that names one version of a key. */
export function versionOption(description: string): Option {
  return new Option('--version <number>', description).argParser(wholeNumber(1));
}

/** An option that says how long something waits for its destruction. */
export function waitingDaysOption(): Option {
  const { min, max, usual } = WAITING_DAYS;
  const description = `waiting period: ${String(min)} to ${String(max)} days of running time`;
  return new Option('--days <number>', description).argParser(wholeNumber(min, max)).default(usual);
}
