import type { Command } from 'commander';
import type { KeyVersions } from '../../admin/contract/key-deletion.js';
import { MIN_UNUSED_DAYS } from '../../admin/contract/bounds.js';
import { alignColumns } from '../../shared/columns.js';
import { confirm } from '../confirm.js';
import { printJson, type Terminal } from '../terminal.js';
import { type KeyOptions, keyCommand, onKey } from './keys-acts.js';
import { waitingDaysOption } from './keys-deletion.js';
import { connect, example, wholeNumber } from './options.js';
import { counted } from '../../shared/counted.js';

interface RetireOptions extends KeyOptions {
  readonly unusedDays: number;
  readonly days: number;
  readonly yes?: boolean;
}

/** `holdfast keys versions` */
export function keysVersionsCommand(terminal: Terminal): Command {
  return keyCommand('versions')
    .description('list the versions of a key: what each has made, and when it was used')
    .addHelpText('after', example('holdfast keys versions payroll'))
    .action(async (externalKeyId: string, options: KeyOptions) => {
      const request = onKey(externalKeyId, options);
      const answer = await connect(options, terminal).call('listKeyVersions', request);
      if (options.json === true) printJson(terminal, answer);
      else terminal.print(versionsText(answer));
    });
}

/** `holdfast keys retire-version` */
export function keysRetireVersionCommand(terminal: Terminal): Command {
  return keyCommand('retire-version')
    .description('destroy a version that nothing uses, after a waiting period')
    .argument('<version>', 'number of the version', wholeNumber(1))
    .requiredOption(
      '--unused-days <number>',
      `days without any use: ${String(MIN_UNUSED_DAYS)} or more`,
      wholeNumber(MIN_UNUSED_DAYS),
    )
    .addOption(waitingDaysOption())
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', example('holdfast keys retire-version payroll 2 --unused-days 365'))
    .action(async (externalKeyId: string, version: number, options: RetireOptions) => {
      const { days, unusedDays } = options;
      const client = connect(options, terminal);
      const retired = { version, unusedDays, days };
      await client.call('checkDestruction', {
        ...onKey(externalKeyId, options),
        body: { what: 'version', ...retired },
      });
      const consequence =
        `Version ${version} of ${externalKeyId} cannot be used from now on, and is destroyed after ` +
        `${counted(days, 'day')} unless that is cancelled. What it has encrypted is lost then, for ever.`;
      await confirm(terminal, consequence, options);
      const answer = await client.call('retireKeyVersion', {
        ...onKey(externalKeyId, options),
        body: retired,
      });
      if (options.json === true) printJson(terminal, answer);
      else {
        terminal.print(
          `Version ${version} of ${externalKeyId} is destroyed at ${answer.deletionAt} at the ` +
            `earliest. To keep it: holdfast keys cancel-deletion ${externalKeyId} --version ${version}\n`,
        );
      }
    });
}

function versionsText({ versions, usesKnownSince, gaps }: KeyVersions): string {
  const rows = versions.map((each) => [
    `${each.version}${each.isCurrent ? ' (encrypts)' : ''}`,
    each.materialName,
    each.material,
    each.createdAt ?? 'unknown',
    each.encryptions?.toLocaleString('en') ?? 'not counted',
    each.encrypted?.last ?? 'none known',
    each.decrypted?.last ?? 'none known',
  ]);
  const head = [
    ...['VERSION', 'MATERIAL NAME', 'MATERIAL', 'CREATED', 'ENCRYPTIONS'],
    ...['LAST ENCRYPTED', 'LAST DECRYPTED'],
  ];
  const since =
    usesKnownSince === undefined
      ? `Not every use is known: ${gaps.join('; ')}.`
      : `Every use since ${usesKnownSince} is known.`;
  if (rows.length === 0) return 'No versions: no material was imported yet.\n';
  return [...alignColumns([head, ...rows]), since].map((line) => `${line}\n`).join('');
}
