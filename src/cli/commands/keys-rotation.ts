import type { Command } from 'commander';
import type { ScheduleRotation } from '../../admin/contract/keys.js';
import { ROTATION_DAYS } from '../../admin/contract/bounds.js';
import { isTimeZone } from '../../shared/time-zone.js';
import { CliError, EXIT } from '../exit.js';
import type { Terminal } from '../terminal.js';
import { type KeyOptions, keyCommand, onKey, tellChanged } from './keys-acts.js';
import { connect, example } from './options.js';

interface Options extends KeyOptions {
  readonly every?: string;
  readonly timeZone?: string;
  readonly off?: boolean;
}

/** `holdfast keys rotation` */
export function keysRotationCommand(terminal: Terminal): Command {
  return keyCommand('rotation')
    .description('rotate a key by the calendar, or do so no more')
    .option('--every <period>', 'days (90 to 2560), monthly or quarterly')
    .option('--time-zone <name>', 'in which months begin, such as Europe/Berlin (default: UTC)')
    .option('--off', 'rotate it by the calendar no more')
    .addHelpText('after', example('holdfast keys rotation payroll --every 365'))
    .action(async (externalKeyId: string, options: Options) => {
      const body = parsePeriod(options);
      const request = { ...onKey(externalKeyId, options), body };
      const changed = await connect(options, terminal).call('scheduleRotation', request);
      tellChanged(terminal, options, 'Set.', changed);
    });
}

function parsePeriod({ every, timeZone, off = false }: Options): ScheduleRotation {
  if (off === (every !== undefined)) {
    throw new CliError(EXIT.usage, 'Give either --every or --off.');
  }
  if (every === 'monthly' || every === 'quarterly') {
    return { every: { kind: every, timeZone: zoneOf(timeZone) } };
  }
  if (timeZone !== undefined) {
    throw new CliError(EXIT.usage, '--time-zone goes with --every monthly or quarterly alone.');
  }
  if (every === undefined) return {};
  const days = /^[0-9]{1,4}$/.test(every) ? Number(every) : Number.NaN;
  const { min, max } = ROTATION_DAYS;
  if (days >= min && days <= max) return { every: { kind: 'days', days } };
  throw new CliError(
    EXIT.usage,
    `--every takes a number of days from ${min} to ${max}, monthly, or quarterly, and not ` +
      `"${every}".`,
  );
}

function zoneOf(timeZone = 'UTC'): string {
  if (isTimeZone(timeZone)) return timeZone;
  const message = `"${timeZone}" is no time zone. Give one such as Europe/Berlin or UTC.`;
  throw new CliError(EXIT.usage, message);
}
