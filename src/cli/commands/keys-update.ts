import { type Command, InvalidArgumentError } from 'commander';
import { CliError, EXIT } from '../exit.js';
import type { Terminal } from '../terminal.js';
import { type KeyOptions, keyCommand, onKey, tellChanged } from './keys-acts.js';
import { connect, example } from './options.js';

interface Options extends KeyOptions {
  readonly description?: string;
  readonly tag: Readonly<Record<string, string>>;
  readonly untag?: readonly string[];
}

/** `holdfast keys update` */
export function keysUpdateCommand(terminal: Terminal): Command {
  return keyCommand('update')
    .description('change the description and the tags of a key')
    .option('--description <text>', 'up to 8,192 characters')
    .option('--tag <key=value...>', 'set a tag; may be given several times', addTag, {})
    .option('--untag <key...>', 'take a tag off')
    .addHelpText('after', example('holdfast keys update payroll --tag owner=hr'))
    .action(async (externalKeyId: string, options: Options) => {
      const { description, tag, untag = [] } = options;
      const hasTags = Object.keys(tag).length > 0 || untag.length > 0;
      if (description === undefined && !hasTags) {
        throw new CliError(EXIT.usage, 'Give --description, --tag or --untag.');
      }
      const both = untag.find((name) => Object.hasOwn(tag, name));
      if (both !== undefined) {
        throw new CliError(EXIT.usage, `The tag ${both} cannot be set and taken off at once.`);
      }
      const client = connect(options, terminal);
      const tags = hasTags ? await changedTags() : undefined;
      const request = { ...onKey(externalKeyId, options), body: { description, tags } };
      tellChanged(terminal, options, 'Changed.', await client.call('updateKey', request));

      async function changedTags(): Promise<Record<string, string>> {
        const key = await client.call('showKey', onKey(externalKeyId, options));
        const left = Object.entries(key.tags).filter(([name]) => !untag.includes(name));
        return { ...Object.fromEntries(left), ...tag };
      }
    });
}

/**
 * Reads one `key=value` and adds it to those before.
 *
 * @throws InvalidArgumentError also for a tag that was given before: nobody can tell which is meant
 */
export function addTag(
  text: string,
  tags: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give KEY=VALUE.');
  const name = text.slice(0, at);
  if (Object.hasOwn(tags, name)) throw new InvalidArgumentError(`The tag ${name} is given twice.`);
  return { ...tags, [name]: text.slice(at + 1) };
}
