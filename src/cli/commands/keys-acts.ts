import type { Command } from 'commander';
import type { ChangedKey, KeyFilter } from '../../admin/contract/keys.js';
import type { AnswerOf } from '../../admin/contract/route.js';
import type { Routes } from '../../admin/contract/routes.js';
import type { AdminClient } from '../admin-client.js';
import { printJson, type Terminal } from '../terminal.js';
import { connect, example, listingCommand, type ListingOptions } from './options.js';

/** The options of a command about one key. */
export interface KeyOptions extends ListingOptions, KeyFilter {}

/** A command about one key of a running server. */
export function keyCommand(name: string): Command {
  return listingCommand(name)
    .argument('<id>', 'external key id')
    .option('--key-store <name>', 'the key store that exposes it, where several keys have this id')
    .option(
      '--key-manager <name>',
      'the key manager that holds it, where several keys have this id',
    );
}

/** The part of a request that says which key it is about. */
export function onKey(externalKeyId: string, { keyStore, keyManager }: KeyFilter) {
  return { pathParameters: { externalKeyId }, query: { keyStore, keyManager } };
}

/** Says what an act has made of a key. */
export function tellChanged(
  terminal: Terminal,
  { json }: ListingOptions,
  sentence: string,
  changed: ChangedKey,
): void {
  if (json === true) printJson(terminal, changed);
  else terminal.print(`${sentence} ${changed.externalKeyId} is ${changed.state}.\n`);
}

/** `holdfast keys enable` */
export function keysEnableCommand(terminal: Terminal): Command {
  return actCommand(terminal, {
    name: 'enable',
    description: 'let a key be used again',
    sentence: 'Done.',
    act: (client, id, options) => client.call('enableKey', onKey(id, options)),
  });
}

/** `holdfast keys disable` */
export function keysDisableCommand(terminal: Terminal): Command {
  return actCommand(terminal, {
    name: 'disable',
    description: 'keep a key from being used: here at once, on other replicas within a second',
    sentence: 'Done.',
    act: (client, id, options) => client.call('disableKey', onKey(id, options)),
  });
}

/** `holdfast keys rotate` */
export function keysRotateCommand(terminal: Terminal): Command {
  return keyCommand('rotate')
    .description('give a key a new version of its material; older ciphertexts still open')
    .addHelpText('after', example('holdfast keys rotate payroll'))
    .action(async (externalKeyId: string, options: KeyOptions) => {
      const request = onKey(externalKeyId, options);
      const rotated = await connect(options, terminal).call('rotateKey', request);
      tellChanged(terminal, options, `Rotated.${rotatedTo(rotated)}`, rotated);
    });
}

/** The new version, which some key managers let encrypt only when all replicas know it. */
function rotatedTo({ newestVersion, currentVersion }: AnswerOf<Routes['rotateKey']>): string {
  if (newestVersion === undefined) return '';
  const made = ` Version ${String(newestVersion)}`;
  if (newestVersion === currentVersion) return `${made} encrypts now.`;
  return `${made} is made, and encrypts as soon as every replica knows it.`;
}

/** `holdfast keys adopt` */
export function keysAdoptCommand(terminal: Terminal): Command {
  return actCommand(terminal, {
    name: 'adopt',
    description: 'say that nobody else uses a key that was made elsewhere, so it may be destroyed',
    sentence: 'Adopted.',
    act: (client, id, options) => client.call('adoptKey', onKey(id, options)),
  });
}

interface KeyActCommand {
  readonly name: string;
  readonly description: string;
  readonly sentence: string;
  readonly act: (
    client: AdminClient,
    externalKeyId: string,
    options: KeyOptions,
  ) => Promise<ChangedKey>;
}

function actCommand(
  terminal: Terminal,
  { name, description, sentence, act }: KeyActCommand,
): Command {
  return keyCommand(name)
    .description(description)
    .addHelpText('after', example(`holdfast keys ${name} payroll`))
    .action(async (externalKeyId: string, options: KeyOptions) => {
      const changed = await act(connect(options, terminal), externalKeyId, options);
      tellChanged(terminal, options, sentence, changed);
    });
}
